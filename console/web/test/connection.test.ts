import { beforeEach, describe, expect, it } from 'vitest';
import { Connection, type Socket } from '../src/lib/connection';
import { Store } from '../src/lib/store';

interface Fake extends Socket {
  sent: { t: string; [k: string]: unknown }[];
  closed: boolean;
  s: number;
  push(f: object, e?: string): void;
}

let now = 0;
let sockets: Fake[] = [];
let timers: { at: number; f: () => void; off: boolean }[] = [];
let log: { after: number }[] = [];
let calls: string[] = [];
let store: Store;
let conn: Connection;

function open(): Fake {
  const s: Fake = {
    sent: [],
    closed: false,
    s: 0,
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => s.sent.push(JSON.parse(text) as Fake['sent'][number]),
    close: () => {
      s.closed = true;
    },
    push: (f, e = 'e1') => s.onmessage?.(JSON.stringify({ ...f, e, s: ++s.s, ts: now })),
  };
  sockets.push(s);
  return s;
}

function advance(ms: number): void {
  const end = now + ms;
  for (;;) {
    const next = timers.filter((t) => !t.off && t.at <= end).sort((a, b) => a.at - b.at)[0];
    if (!next) break;
    now = next.at;
    next.off = true;
    next.f();
  }
  now = end;
}

const last = (): Fake => sockets[sockets.length - 1] as Fake;
function up(): Fake {
  const s = last();
  s.onopen?.();
  s.push({ t: 'welcome' });
  s.push({ t: 'snap', topic: 'lanes', v: {}, log_seq: 12 });
  return s;
}

beforeEach(() => {
  now = 1_000_000;
  sockets = [];
  timers = [];
  log = [];
  calls = [];
  store = new Store();
  conn = new Connection(store, {
    open,
    now: () => now,
    random: () => 0.5,
    after: (ms, f) => {
      const t = { at: now + ms, f, off: false };
      timers.push(t);
      return () => {
        t.off = true;
      };
    },
    fetchLog: async (after) => {
      log.push({ after });
      return { n: after, a: [] };
    },
    onLogin: () => calls.push('login'),
    onReload: () => calls.push('reload'),
    onEvents: () => undefined,
    build: 'b',
  });
});

describe('connection', () => {
  it('says hello with its topics, and resumes with epoch and log number after a cut', () => {
    conn.start();
    const a = up();
    expect(a.sent[0]).toMatchObject({ t: 'hello', topics: ['lanes'] });
    expect(a.sent[0]).not.toHaveProperty('resume');
    a.onclose?.(1006);
    advance(0);
    expect(sockets).toHaveLength(2);
    const b = last();
    b.onopen?.();
    expect(b.sent[0]).toMatchObject({ t: 'hello', resume: { e: 'e1', log_seq: 12 } });
    expect(store.awaiting.has('lanes')).toBe(true);
  });

  it('waits longer after each failure and starts over after a snapshot', () => {
    conn.start();
    up();
    const gaps: number[] = [];
    for (let i = 0; i < 6; i++) {
      const t0 = now;
      const n = sockets.length;
      last().onclose?.(1006);
      while (sockets.length === n && now - t0 < 20_000) advance(100);
      gaps.push(Math.round((now - t0) / 100) * 100);
    }
    expect(gaps).toEqual([100, 500, 1000, 2000, 4000, 8000]);
    up();
    last().onclose?.(1006);
    const n = sockets.length;
    advance(0);
    expect(sockets).toHaveLength(n + 1);
  });

  it('goes to the sign-in at 4001 and does not try again', () => {
    conn.start();
    up().onclose?.(4001);
    advance(60_000);
    expect(calls).toEqual(['login']);
    expect(sockets).toHaveLength(1);
  });

  it('stops at 4009 until the officer continues here, and reloads at 4010', () => {
    conn.start();
    up().onclose?.(4009);
    advance(60_000);
    expect(conn.link).toBe('stopped');
    expect(sockets).toHaveLength(1);
    conn.start();
    expect(sockets).toHaveLength(2);
    up().onclose?.(4010);
    expect(calls).toEqual(['reload']);
  });

  it('spreads the reconnection after a restart over half a second to two', () => {
    conn.start();
    up().onclose?.(4000);
    advance(1200);
    expect(sockets).toHaveLength(1);
    advance(100);
    expect(sockets).toHaveLength(2);
  });

  it('takes the delay that a bye names', () => {
    conn.start();
    const s = up();
    s.push({ t: 'bye', code: 4000, retry_ms: 5000 });
    s.onclose?.(4000);
    advance(4900);
    expect(sockets).toHaveLength(1);
    advance(200);
    expect(sockets).toHaveLength(2);
  });

  it('gives up a lane topic that is forbidden and keeps the overview', () => {
    conn.start();
    up();
    conn.want(['lanes', 'lane/9']);
    expect(last().sent.at(-1)).toEqual({ t: 'sub', topics: ['lane/9'] });
    last().onclose?.(4003);
    advance(2000);
    last().onopen?.();
    expect(last().sent[0]).toMatchObject({ topics: ['lanes'] });
  });

  it('abandons a socket that is open and silent', () => {
    conn.start();
    const s = up();
    advance(5900);
    conn.tick();
    expect(s.closed).toBe(false);
    advance(200);
    conn.tick();
    expect(s.closed).toBe(true);
    advance(0);
    expect(sockets).toHaveLength(2);
  });

  it('asks anew on the same socket after sleep, and trusts nothing until the snapshot', () => {
    conn.start();
    const s = up();
    advance(1000);
    conn.resync();
    expect(sockets).toHaveLength(1);
    expect(s.sent.at(-1)).toMatchObject({ t: 'hello', resume: { e: 'e1', log_seq: 12 } });
    expect(store.awaiting.has('lanes')).toBe(true);
  });

  it('opens a new socket after a long sleep at once', () => {
    conn.start();
    up();
    advance(3_600_000);
    conn.resync();
    expect(sockets).toHaveLength(2);
  });

  it('treats a frame it cannot read as lost content', () => {
    conn.start();
    const s = up();
    s.onmessage?.('{"t":"delta"');
    expect(store.awaiting.has('lanes')).toBe(true);
    expect(s.sent.at(-1)).toMatchObject({ t: 'hello' });
  });

  it('fetches the log over HTTP after a restart of the server', async () => {
    conn.start();
    up();
    await Promise.resolve();
    log = [];
    await new Promise((r) => setImmediate(r));
    last().onclose?.(1006);
    advance(0);
    const b = last();
    b.onopen?.();
    b.push({ t: 'welcome' }, 'e2');
    expect(log).toEqual([{ after: 12 }]);
  });

  it('asks again when the server talks but does not answer', () => {
    conn.start();
    const s = last();
    s.onopen?.();
    s.push({ t: 'hb' });
    expect(s.sent.filter((f) => f.t === 'hello')).toHaveLength(1);
    for (let i = 0; i < 4; i++) {
      advance(1000);
      s.push({ t: 'hb' });
      conn.tick();
    }
    expect(s.sent.filter((f) => f.t === 'hello')).toHaveLength(2);
    expect(sockets).toHaveLength(1);
  });

  it('finds the offset of the clocks from the quickest ping', () => {
    conn.start();
    const s = up();
    conn.tick();
    const ping = s.sent.at(-1) as { t: string; c: number };
    expect(ping.t).toBe('ping');
    now += 40;
    s.onmessage?.(JSON.stringify({ t: 'pong', c: ping.c, e: 'e1', s: ++s.s, ts: ping.c + 20 + 7000 }));
    expect(conn.offset.ms).toBe(7000);
  });
});
