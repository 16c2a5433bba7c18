// Connection keeps one socket to the stream alive: hello with resume, heartbeat watch,
// close codes, backoff, resynchronisation after sleep. What it needs of the world comes in
// through Env, so that tests drive it without a network and without waiting.

import { backoff, onClose, parseFrame } from './frames';
import { Offset } from './fresh';
import type { Store } from './store';
import type { LogEvent } from './types';

export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((text: string) => void) | null;
  onclose: ((code: number) => void) | null;
}

export interface Env {
  open(): Socket;
  now(): number;
  random(): number;
  after(ms: number, f: () => void): () => void;
  /** GET /api/log?after=n. */
  fetchLog(after: number): Promise<{ n: number; a: LogEvent[] | null; more?: boolean }>;
  /** Session is gone: show the sign-in. */
  onLogin(): void;
  /** The server speaks another build: reload, once. */
  onReload(): void;
  onEvents(a: readonly LogEvent[]): void;
  build: string;
}

export type Link = 'off' | 'connecting' | 'open' | 'waiting' | 'stopped';

/** A socket without a frame for so long is dead, whatever the kernel says. */
const DEAD_MS = 6000;
const PING_MS = 5000;
/** How many journal rows back a fresh page looks for alarms. */
const BACKLOG = 20_000;
/** Snapshots that are missing for so long are asked for again. */
const AGAIN_MS = 3000;

export class Connection {
  link: Link = 'off';
  readonly offset = new Offset();
  private sock: Socket | null = null;
  private attempt = 0;
  private cancelRetry: (() => void) | null = null;
  private topics = new Set<string>(['lanes']);
  private lastPing = 0;
  private openedAt = 0;
  private helloAt = 0;
  private fetching = false;
  private byeRetry: number | undefined;
  private readonly tab: string;

  constructor(
    readonly store: Store,
    private readonly env: Env,
  ) {
    this.tab = Math.floor(env.random() * 2 ** 32).toString(16);
  }

  start(): void {
    if (this.link !== 'off' && this.link !== 'stopped') return;
    this.attempt = 0;
    this.connect();
  }

  stop(): void {
    this.link = 'off';
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.drop();
  }

  /** The topics that the page shows; differences go out as sub and unsub. */
  want(topics: readonly string[]): void {
    const next = new Set(topics);
    const add = [...next].filter((t) => !this.topics.has(t));
    const gone = [...this.topics].filter((t) => !next.has(t));
    this.topics = next;
    for (const t of gone) this.store.forget(t);
    for (const t of add) this.store.expect(t);
    if (this.link !== 'open') return;
    if (add.length > 0) {
      this.helloAt = this.env.now();
      this.send({ t: 'sub', topics: add });
    }
    if (gone.length > 0) this.send({ t: 'unsub', topics: gone });
  }

  /**
   * The page slept, froze or came back from the cache: nothing shown may be trusted until
   * new snapshots are here.
   */
  resync(): void {
    if (this.link === 'off' || this.link === 'stopped') return;
    this.store.distrust([...this.topics]);
    if (this.link === 'open' && this.env.now() - Math.max(this.store.lastFrame, this.openedAt) < DEAD_MS) {
      this.hello();
      return;
    }
    this.attempt = 0;
    this.connect();
  }

  /** To be called a few times a second: pings, and gives up a silent socket. */
  tick(): void {
    const now = this.env.now();
    if (this.link !== 'open') {
      if (this.link === 'connecting' && now - this.openedAt > DEAD_MS) this.closed(1006);
      return;
    }
    if (now - this.lastPing >= PING_MS) {
      this.lastPing = now;
      this.send({ t: 'ping', c: now });
    }
    if (now - Math.max(this.store.lastFrame, this.openedAt) > DEAD_MS) {
      this.closed(1006);
      return;
    }
    // The server talks but has not sent what was asked for: it lost the question.
    if (this.store.awaiting.size > 0 && now - this.helloAt > AGAIN_MS) this.hello();
  }

  private connect(): void {
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.drop();
    this.link = 'connecting';
    this.openedAt = this.env.now();
    this.byeRetry = undefined;
    const sock = this.env.open();
    this.sock = sock;
    sock.onopen = () => {
      if (this.sock !== sock) return;
      this.link = 'open';
      this.openedAt = this.env.now();
      this.lastPing = 0;
      this.store.connected([...this.topics]);
      this.hello();
    };
    sock.onmessage = (text) => {
      if (this.sock === sock) this.message(text);
    };
    sock.onclose = (code) => {
      if (this.sock === sock) this.closed(code);
    };
  }

  private message(text: string): void {
    const now = this.env.now();
    const f = parseOr(text);
    if (!f) {
      // A frame that cannot be read is a gap: its content is lost.
      this.resync();
      return;
    }
    this.offset.frame(f.ts, now);
    if (f.t === 'pong') this.offset.pong(f.c, f.ts, now);
    if (f.t === 'bye') this.byeRetry = f.retry_ms;
    const first = this.store.logSeq < 0;
    const before = this.store.events.length;
    const need = this.store.apply(f, now);
    if (f.t === 'snap') this.attempt = 0;
    if (f.t === 'log') this.env.onEvents(f.a);
    if (need === 'resync') {
      this.store.distrust([...this.topics]);
      this.hello();
    }
    if (f.t === 'resync') this.store.distrust([...this.topics]);
    if (need === 'log_gap') void this.fill(this.store.logSeq);
    else if (first && f.t === 'snap' && before === 0) void this.fill(Math.max(0, f.log_seq - BACKLOG));
  }

  /** Fetches what the log holds after n, page by page. */
  private async fill(n: number): Promise<void> {
    if (this.fetching) return;
    this.fetching = true;
    try {
      for (let page = 0; page < 50; page++) {
        const r = await this.env.fetchLog(n);
        this.store.addLog(r.a ?? [], r.n);
        this.env.onEvents(r.a ?? []);
        if (!r.more || r.n <= n) break;
        n = r.n;
      }
    } catch {
      // The next heartbeats show the head ahead of us again, and bring us back here.
    } finally {
      this.fetching = false;
    }
  }

  private closed(code: number): void {
    this.drop();
    const act = onClose(code);
    const wait = this.byeRetry;
    switch (act.do) {
      case 'login':
        this.link = 'off';
        this.env.onLogin();
        return;
      case 'reload':
        this.link = 'stopped';
        this.env.onReload();
        return;
      case 'stop':
        this.link = 'stopped';
        return;
      case 'drop_topics':
        for (const t of this.topics) if (t !== 'lanes') this.store.forget(t);
        this.topics = new Set(['lanes']);
        this.retry(backoff(Math.max(1, this.attempt++), this.env.random()));
        return;
      case 'retry':
        this.retry(wait ?? act.minMs + Math.round(this.env.random() * (act.maxMs - act.minMs)));
        return;
      default:
        this.retry(wait ?? backoff(this.attempt++, this.env.random()));
    }
  }

  private retry(ms: number): void {
    this.link = 'waiting';
    this.cancelRetry = this.env.after(ms, () => this.connect());
  }

  private hello(): void {
    this.helloAt = this.env.now();
    const resume = this.store.epoch === '' || this.store.logSeq < 0 ? {} : { resume: { e: this.store.epoch, log_seq: this.store.logSeq } };
    this.send({ t: 'hello', topics: [...this.topics], ...resume, client: { build: this.env.build, tab: this.tab } });
  }

  private send(o: unknown): void {
    this.sock?.send(JSON.stringify(o));
  }

  private drop(): void {
    const s = this.sock;
    this.sock = null;
    if (!s) return;
    s.onopen = s.onmessage = s.onclose = null;
    s.close(1000);
  }
}

function parseOr(text: string): ReturnType<typeof parseFrame> | null {
  try {
    return parseFrame(text);
  } catch {
    return null;
  }
}
