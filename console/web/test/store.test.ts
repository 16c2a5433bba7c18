import { describe, expect, it } from 'vitest';
import { mergePatch, type Json } from '../src/lib/merge';
import { backoff, onClose, parseFrame, type Frame } from '../src/lib/frames';
import { MAX_EVENTS, MAX_PASSAGES, Store } from '../src/lib/store';
import type { LogEvent } from '../src/lib/types';

const passage = (id: string, version: number, extra: object = {}): Json =>
  ({ id, version, lane: '1', phase: 'measuring', opened: `2026-03-04T03:00:${String(version % 60).padStart(2, '0')}Z`, ...extra }) as unknown as Json;
const event = (seq: number, at = `2026-03-04T03:00:00.${String(seq).padStart(3, '0')}Z`): LogEvent => ({ at, seq, kind: 'order', lane: '1', text: `e${seq}` });

class Feed {
  s = 0;
  constructor(
    readonly store: Store,
    public e = 'a1',
  ) {}
  send(f: object, now = 1000): ReturnType<Store['apply']> {
    return this.store.apply({ ...f, e: this.e, s: ++this.s, ts: now } as unknown as Frame, now);
  }
}

function connected(): { store: Store; feed: Feed } {
  const store = new Store();
  store.connected(['lanes']);
  const feed = new Feed(store);
  feed.send({ t: 'welcome', user: { id: 'u', name: 'U', roles: [] } });
  return { store, feed };
}

describe('merge patch', () => {
  it('gives the results of RFC 7396, appendix A', () => {
    const cases: [Json, Json, Json][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
      [['a', 'b'], ['c', 'd'], ['c', 'd']],
      [{ a: 'b' }, ['c'], ['c']],
      [{ a: 'foo' }, null, null],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, want] of cases) expect(mergePatch(target, patch)).toEqual(want);
  });

  it('leaves the target and untouched parts as they are', () => {
    const target = { a: { x: 1 }, b: { y: 2 } };
    const out = mergePatch(target, { a: { x: 3 } }) as typeof target;
    expect(target.a.x).toBe(1);
    expect(out.b).toBe(target.b);
  });

  it('removes named fields and never touches a prototype', () => {
    expect(mergePatch({ a: 1, b: 2 }, {}, ['a'])).toEqual({ b: 2 });
    const out = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}') as Json) as Record<string, unknown>;
    expect(out['polluted']).toBeUndefined();
  });
});

describe('store', () => {
  it('applies snapshots and deltas and answers by key', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'lane/10': { lane: '10', version: 1 }, 'lane/2': { lane: '2', version: 1, passages: ['p1'] }, 'passage/p1': passage('p1', 4) }, log_seq: 7 });
    feed.send({ t: 'delta', d: [{ k: 'passage/p1', ver: 5, p: { phase: 'awaiting', version: 5, gross: { mass_kg: 12.5 } } }] });
    expect(store.lanes().map((l) => l.lane)).toEqual(['2', '10']);
    expect(store.passage('p1')?.phase).toBe('awaiting');
    expect(store.passage('p1')?.gross?.mass_kg).toBe(12.5);
    expect(store.docs.get('passage/p1')?.ver).toBe(5);
    expect(store.awaiting.size).toBe(0);
  });

  it('replaces a member as a whole, so that nothing of its former content stays', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 1, { decision: { action: 'hold', reason: 'documents' } }) }, log_seq: 0 });
    feed.send({ t: 'delta', d: [{ k: 'passage/p1', ver: 2, p: { decision: { action: 'release' } } }] });
    expect(store.passage('p1')?.decision).toEqual({ action: 'release' });
    feed.send({ t: 'delta', d: [{ k: 'passage/p1', ver: 3, p: {}, x: ['decision'] }] });
    expect(store.passage('p1')?.decision).toBeUndefined();
  });

  it('keeps the slices when a late summary of the same occupancy comes, and drops them with the next', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lane/1', v: { 'passage/p1': passage('p1', 5, { radiation: { occupancy: 7, slices: [{ t_ms: 0 }] } }) }, log_seq: 0 });
    feed.send({ t: 'delta', d: [{ k: 'passage/p1', ver: 5, p: { radiation: { occupancy: 7, open: false } } }] });
    expect(store.passage('p1')?.radiation?.slices).toHaveLength(1);
    feed.send({ t: 'delta', d: [{ k: 'passage/p1', ver: 6, p: { radiation: { occupancy: 8 } } }] });
    expect(store.passage('p1')?.radiation?.slices).toBeUndefined();
  });

  it('ignores a delta that is older than what it has', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 9) }, log_seq: 0 });
    feed.send({ t: 'delta', d: [{ k: 'passage/p1', ver: 8, p: { phase: 'held' } }] });
    expect(store.passage('p1')?.phase).toBe('measuring');
  });

  it('keeps history, slices and outline when a summary of the same passage comes', () => {
    const { store, feed } = connected();
    const heavy = { history: [event(1)], radiation: { occupancy: 7, open: true, slices: [{ t_ms: 0 }] }, size: { length_mm: 9, outline: [{ x: 0, z: 1 }] } };
    feed.send({ t: 'snap', topic: 'lane/1', v: { 'passage/p1': passage('p1', 5, heavy) }, log_seq: 0 });
    feed.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 6, { radiation: { occupancy: 7, open: false }, size: { length_mm: 10 } }) }, log_seq: 0 });
    const p = store.passage('p1');
    expect(p?.history).toHaveLength(1);
    expect(p?.radiation?.slices).toHaveLength(1);
    expect(p?.radiation?.open).toBe(false);
    expect(p?.size).toEqual({ length_mm: 10, outline: [{ x: 0, z: 1 }] });
  });

  it('drops what a new snapshot of a topic no longer carries, unless another topic does', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 1), 'passage/p2': passage('p2', 1) }, log_seq: 0 });
    feed.send({ t: 'snap', topic: 'lane/1', v: { 'passage/p2': passage('p2', 1) }, log_seq: 0 });
    feed.send({ t: 'snap', topic: 'lanes', v: {}, log_seq: 0 });
    expect(store.passage('p1')).toBeUndefined();
    expect(store.passage('p2')).toBeDefined();
  });

  it('asks for a resynchronisation at a gap and does not apply the frame', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 1) }, log_seq: 0 });
    feed.s++;
    expect(feed.send({ t: 'delta', d: [{ k: 'passage/p1', ver: 2, p: { phase: 'held' } }] })).toBe('resync');
    expect(store.passage('p1')?.phase).toBe('measuring');
  });

  it('forgets the state of another epoch but keeps the log, and fetches what it missed', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 50) }, log_seq: 3 });
    feed.send({ t: 'log', n: 4, a: [event(1)] });
    const again = new Feed(store, 'b2');
    store.connected(['lanes']);
    expect(again.send({ t: 'welcome' })).toBe('log_gap');
    expect(store.docs.size).toBe(0);
    expect(store.events).toHaveLength(1);
    expect(store.restarts).toHaveLength(1);
    again.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 2) }, log_seq: 6 });
    expect(store.passage('p1')?.version).toBe(2);
  });

  it('takes each log entry once, in the order of time, and stays bounded', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: {}, log_seq: 0 });
    feed.send({ t: 'log', n: 3, a: [event(3)] });
    store.addLog([event(1), event(2), event(3)], 3);
    expect(store.events.map((e) => e.seq)).toEqual([1, 2, 3]);
    for (let i = 0; i < 3000; i++) store.addLog([event(10 + i, new Date(1.7e12 + i).toISOString())], 10 + i);
    expect(store.events).toHaveLength(MAX_EVENTS);
    expect(store.logSeq).toBe(3009);
  });

  it('fetches the log when two heartbeats in a row are ahead of it', () => {
    const { feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: {}, log_seq: 5 });
    expect(feed.send({ t: 'hb', log_head: 6 })).toBeNull();
    expect(feed.send({ t: 'hb', log_head: 6 })).toBe('log_gap');
    expect(feed.send({ t: 'hb', log_head: 5 })).toBeNull();
  });

  it('removes an object whose patch is null', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'passage/p1': passage('p1', 1) }, log_seq: 0 });
    feed.send({ t: 'delta', d: [{ k: 'passage/p1', p: null }] });
    expect(store.passage('p1')).toBeUndefined();
  });

  it('keeps a bounded number of passages and never evicts an open one', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: { 'lane/1': { lane: '1', version: 1, passages: ['old'] }, 'passage/old': passage('old', 1, { opened: '2020-01-01T00:00:00Z' }) }, log_seq: 0 });
    for (let i = 0; i < MAX_PASSAGES + 40; i++) feed.send({ t: 'delta', d: [{ k: `passage/n${i}`, ver: 1, p: passage(`n${i}`, 1, { opened: new Date(1.7e12 + i).toISOString() }) }] });
    const count = [...store.docs.keys()].filter((k) => k.startsWith('passage/')).length;
    expect(count).toBeLessThanOrEqual(MAX_PASSAGES);
    expect(store.passage('old')).toBeDefined();
    expect(store.passage('n0')).toBeUndefined();
  });

  it('awaits all its topics after the server has asked for a resynchronisation', () => {
    const { store, feed } = connected();
    feed.send({ t: 'snap', topic: 'lanes', v: {}, log_seq: 0 });
    feed.send({ t: 'snap', topic: 'lane/1', v: {}, log_seq: 0 });
    feed.send({ t: 'resync', reason: 'overflow' });
    expect([...store.awaiting].sort()).toEqual(['lane/1', 'lanes']);
  });
});

describe('frames', () => {
  it('refuses what is no frame and skips types of a later protocol', () => {
    for (const bad of ['', '[]', '1', '{"t":"hb"}', '{"t":"snap","e":"a","s":1,"ts":1}', '{"t":"log","e":"a","s":1,"ts":1,"a":[]}'])
      expect(() => parseFrame(bad)).toThrow();
    expect(parseFrame('{"t":"future","e":"a","s":4,"ts":1}')).toEqual({ t: null, e: 'a', s: 4, ts: 1 });
  });

  it('reacts to every close code of the protocol', () => {
    expect([4000, 4001, 4003, 4008, 4009, 4010, 1006, 1012].map((c) => onClose(c).do)).toEqual(['retry', 'login', 'drop_topics', 'retry', 'stop', 'reload', 'backoff', 'backoff']);
  });

  it('backs off from at once to ten seconds with thirty percent of spread', () => {
    expect(backoff(0, 0.9)).toBe(0);
    expect([1, 2, 3, 4, 5, 6, 9].map((n) => backoff(n, 0.5))).toEqual([500, 1000, 2000, 4000, 8000, 10000, 10000]);
    expect(backoff(1, 0)).toBe(350);
    expect(backoff(9, 0.999)).toBeLessThanOrEqual(13_000);
  });
});
