// Store is the state behind the page: what the server has said, and how fresh that is. It
// has no socket, no timer and no clock of its own; the connection feeds it frames with the
// time of their arrival, and the page reads it once a frame of the display.

import type { Frame } from './frames';
import { applyMembers, mergePatch, type Json } from './merge';
import type { LaneState, LogEvent, Passage, ServerInfo, User } from './types';

/** One object of the server. */
export interface Doc {
  ver: number;
  v: Json;
}

/** What the connection has to do after a frame. */
export type Need = 'resync' | 'log_gap' | null;

/** Bounds of what one page keeps. */
export const MAX_EVENTS = 500;
export const MAX_PASSAGES = 200;

export class Store {
  docs = new Map<string, Doc>();
  events: LogEvent[] = [];
  epoch = '';
  /** Number of the newest log entry that this page has seen; -1 before the first snapshot. */
  logSeq = -1;
  user: User | null = null;
  server: Partial<ServerInfo> = {};
  /** Topics whose snapshot is still awaited: until it comes, what is shown is old. */
  awaiting = new Set<string>();
  /** Arrival of the last frame of any kind, local ms; 0 before the first. */
  lastFrame = 0;
  lastHb = 0;
  ages: Record<string, number> = {};
  restarts: { at: number }[] = [];
  changed = 0;
  private s = -1;
  private seen = new Set<string>();
  private topicKeys = new Map<string, Set<string>>();
  private headAhead = 0;

  /** A new connection: its sequence starts anew; topics are those it will ask for. */
  connected(topics: readonly string[]): void {
    this.s = -1;
    this.awaiting = new Set(topics);
    this.changed++;
  }

  /** Topics that the page asks for on a running connection. */
  expect(topic: string): void {
    this.awaiting.add(topic);
    this.changed++;
  }

  /** The page no longer needs topic; its objects stay until they are evicted. */
  forget(topic: string): void {
    this.awaiting.delete(topic);
    this.topicKeys.delete(topic);
    this.changed++;
  }

  /** Everything shown is old until the next snapshots (freeze of the page, wake-up). */
  distrust(topics: readonly string[]): void {
    this.awaiting = new Set(topics);
    this.changed++;
  }

  apply(f: Frame | { t: null; e: string; s: number; ts: number }, now: number): Need {
    this.lastFrame = now;
    if (f.t === 'welcome') this.s = f.s - 1;
    const gap = this.s >= 0 && f.s !== this.s + 1;
    this.s = f.s;
    if (this.epoch !== '' && f.e !== this.epoch) {
      this.restarts.push({ at: f.ts });
      this.docs.clear();
      this.topicKeys.clear();
    }
    const newEpoch = f.e !== this.epoch;
    this.epoch = f.e;
    if (gap) return 'resync';
    switch (f.t) {
      case 'welcome':
        this.user = f.user ?? this.user;
        this.server = f.server ?? this.server;
        this.changed++;
        return newEpoch && this.logSeq >= 0 ? 'log_gap' : null;
      case 'snap':
        return this.snap(f.topic, f.v, f.log_seq);
      case 'delta':
        for (const d of f.d) this.patch(d.k, d.ver ?? 0, d.p, d.x);
        this.changed++;
        return null;
      case 'log':
        this.addLog(f.a, f.n);
        return null;
      case 'hb':
        return this.beat(f.ages ?? {}, f.log_head, now);
      case 'resync':
        this.distrust([...new Set([...this.awaiting, ...this.topicKeys.keys()])]);
        return f.reason === 'gap' || f.reason === 'overflow' || f.reason === 'epoch' ? 'log_gap' : null;
      default:
        return null;
    }
  }

  /** Appends log entries, each once, n being the number of the last. */
  addLog(a: readonly LogEvent[], n: number): void {
    const fresh: LogEvent[] = [];
    for (const e of a) {
      const id = `${e.lane}|${e.seq}|${e.kind}|${e.order ?? ''}|${e.at}|${e.text}`;
      if (this.seen.has(id)) continue;
      this.seen.add(id);
      fresh.push(e);
    }
    if (n > this.logSeq) this.logSeq = n;
    if (fresh.length === 0) return;
    const all = [...this.events, ...fresh];
    // Entries that were fetched after a gap are older than live ones that came meanwhile.
    all.sort((x, y) => (x.at < y.at ? -1 : x.at > y.at ? 1 : 0));
    this.events = all.slice(-MAX_EVENTS);
    if (this.seen.size > 4 * MAX_EVENTS) this.seen = new Set([...this.seen].slice(-2 * MAX_EVENTS));
    this.changed++;
  }

  lane(id: string): LaneState | undefined {
    return this.docs.get(`lane/${id}`)?.v as unknown as LaneState | undefined;
  }

  passage(id: string): Passage | undefined {
    return this.docs.get(`passage/${id}`)?.v as unknown as Passage | undefined;
  }

  /** All lanes in the order of their names, numbers as numbers. */
  lanes(): LaneState[] {
    const out: LaneState[] = [];
    for (const [k, d] of this.docs) if (k.startsWith('lane/')) out.push(d.v as unknown as LaneState);
    return out.sort((a, b) => a.lane.localeCompare(b.lane, 'en', { numeric: true }));
  }

  /** The newest passage of a lane that is no longer open: what the lane screen shows while it is free. */
  lastClosed(lane: string): Passage | undefined {
    const open = new Set(this.lane(lane)?.passages ?? []);
    let best: Passage | undefined;
    for (const [k, d] of this.docs) {
      if (!k.startsWith('passage/')) continue;
      const p = d.v as unknown as Passage;
      if (p.lane === lane && !open.has(p.id) && (!best || p.opened > best.opened)) best = p;
    }
    return best;
  }

  private snap(topic: string, v: Record<string, Json>, logSeq: number): Need {
    const keys = new Set(Object.keys(v));
    for (const k of this.topicKeys.get(topic) ?? []) {
      // Gone from this topic; another topic may still carry it.
      if (!keys.has(k) && !this.carried(k, topic)) this.docs.delete(k);
    }
    this.topicKeys.set(topic, keys);
    const full = topic.startsWith('lane/');
    for (const [k, obj] of Object.entries(v)) this.put(k, obj, full);
    this.awaiting.delete(topic);
    const first = this.logSeq < 0;
    if (first) this.logSeq = logSeq;
    this.evict();
    this.changed++;
    return !first && logSeq > this.logSeq ? 'log_gap' : null;
  }

  /**
   * A summary of topic "lanes" must not take away the heavy parts that topic "lane/<id>"
   * has delivered for the same passage.
   */
  private put(k: string, obj: Json, full: boolean): void {
    const ver = version(obj);
    const old = this.docs.get(k);
    if (old && !full && k.startsWith('passage/')) {
      if (ver < old.ver) return;
      this.docs.set(k, { ver, v: mergePatch(heavyOf(old.v, obj), obj) });
      return;
    }
    this.docs.set(k, { ver, v: obj });
  }

  private patch(k: string, ver: number, p: Json | undefined, x: string[] | undefined): void {
    if (p === null) {
      this.docs.delete(k);
      return;
    }
    const old = this.docs.get(k);
    if (old && ver > 0 && ver < old.ver) return;
    let v = applyMembers(old?.v, p ?? {}, x);
    // A summary that was on its way while the lane topic began lacks the heavy parts.
    if (old && k.startsWith('passage/')) v = mergePatch(heavyOf(old.v, v), v);
    this.docs.set(k, { ver: ver || version(v), v });
    if (!old) this.evict();
  }

  private beat(ages: Record<string, number>, head: number | undefined, now: number): Need {
    this.ages = ages;
    this.lastHb = now;
    this.changed++;
    // One heartbeat may overtake a log frame that is being written; two may not.
    this.headAhead = head !== undefined && this.logSeq >= 0 && head > this.logSeq ? this.headAhead + 1 : 0;
    if (this.headAhead < 2) return null;
    this.headAhead = 0;
    return 'log_gap';
  }

  private carried(k: string, except: string): boolean {
    for (const [t, keys] of this.topicKeys) if (t !== except && keys.has(k)) return true;
    return false;
  }

  /** Keeps the passages bounded: the oldest that no lane names as open go first. */
  private evict(): void {
    const passages = [...this.docs.keys()].filter((k) => k.startsWith('passage/'));
    if (passages.length <= MAX_PASSAGES) return;
    const open = new Set(this.lanes().flatMap((l) => l.passages ?? []));
    const old = passages
      .filter((k) => !open.has(k.slice('passage/'.length)))
      .sort((a, b) => {
        const [pa, pb] = [a, b].map((k) => (this.docs.get(k)?.v as unknown as Passage).opened ?? '');
        return (pa ?? '') < (pb ?? '') ? -1 : 1;
      });
    for (const k of old.slice(0, passages.length - MAX_PASSAGES)) this.docs.delete(k);
  }
}

function version(v: Json): number {
  const n = (v as { version?: unknown } | null)?.version;
  return typeof n === 'number' ? n : 0;
}

interface Heavy {
  history?: Json;
  radiation?: { slices?: Json; neutron?: Json; occupancy?: Json };
  size?: { outline?: Json };
}

/** The parts of a passage that only the lane topic carries, where next speaks of the same. */
function heavyOf(old: Json, next: Json): Json {
  const [p, q] = [old as Heavy, next as Heavy];
  const out: { [k: string]: Json } = {};
  if (p.history !== undefined && q.history === undefined) out['history'] = p.history;
  const [r, s] = [p.radiation, q.radiation];
  if (r && s && s.slices === undefined && r.occupancy === s.occupancy) {
    out['radiation'] = {
      ...(r.slices === undefined ? {} : { slices: r.slices }),
      ...(r.neutron === undefined ? {} : { neutron: r.neutron }),
    };
  }
  if (p.size?.outline !== undefined && q.size && q.size.outline === undefined) out['size'] = { outline: p.size.outline };
  return out;
}
