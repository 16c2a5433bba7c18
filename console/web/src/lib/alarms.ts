// The alarms that stand in the lanes: which come first, which is next, and what may be done
// about each. What an alarm is and when it goes, the server's core says.

import { mayDecide } from './gate';
import type { Priority } from './findings';
import { alarming, magnitude } from './magnitude';
import type { Alarm, LaneState, LogEvent, Passage, User } from './types';

/** One row of the list: a standing alarm, or a fault that no lane's core stands behind. */
export interface Row {
  key: string;
  lane: string;
  priority: 1 | 2 | 3;
  since: string;
  alarm?: Alarm;
  event?: LogEvent;
}

/** Faults that the core cannot know of are shown for so long. */
export const LOOSE_MS = 3_600_000;

export function unseen(a: Alarm): boolean {
  return a.state === 'B' || a.state === 'D';
}

/** The highest priority that nobody has acknowledged. */
export function loudest(list: readonly Alarm[] | undefined): Priority {
  let p: Priority = 0;
  for (const a of list ?? []) if (unseen(a) && (p === 0 || a.priority < p)) p = a.priority;
  return p;
}

const rank = (r: Row): number => (r.alarm === undefined ? 1 : unseen(r.alarm) ? 0 : r.alarm.state === 'E' ? 3 : 2);

/** Unacknowledged first, shelved last; then by priority, then the newest. */
export function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => rank(a) - rank(b) || a.priority - b.priority || (a.since < b.since ? 1 : a.since > b.since ? -1 : a.key < b.key ? 1 : -1));
}

/**
 * All rows of the given lanes, and what the lanes' shell tells that no core can know of: a
 * journal that refuses, an input that stopped the core.
 */
export function rows(lanes: readonly LaneState[], events: readonly LogEvent[], now: number): Row[] {
  const out: Row[] = [];
  for (const l of lanes) for (const a of l.alarms ?? []) out.push({ key: a.id, lane: l.lane, priority: a.priority, since: a.since, alarm: a });
  const names = new Set(lanes.map((l) => l.lane));
  for (const e of events) {
    const p = e.priority ?? 0;
    if (p < 1 || p > 3 || e.kind !== 'fault' || e.alarm || e.passage || !names.has(e.lane) || now - Date.parse(e.at) > LOOSE_MS) continue;
    out.push({ key: `${e.lane}|${e.seq}|${e.kind}|${e.at}|${e.text}`, lane: e.lane, priority: p as 1 | 2 | 3, since: e.at, event: e });
  }
  return sorted(out);
}

/** The row that F9 is for: the chosen one while it stands, else the first that asks for it. */
export function chosen(list: readonly Row[], key: string): Row | undefined {
  return list.find((r) => r.key === key) ?? list.find((r) => r.alarm !== undefined && unseen(r.alarm)) ?? list[0];
}

/** The row that is chosen after one was acknowledged: the next that nobody has seen. */
export function following(list: readonly Row[], key: string): string {
  const at = list.findIndex((r) => r.key === key);
  const after = [...list.slice(at + 1), ...list.slice(0, Math.max(0, at))];
  return (after.find((r) => r.alarm !== undefined && unseen(r.alarm)) ?? list[at])?.key ?? '';
}

/** Keeps a frozen order: rows as they are now, those that have gone as they were. */
export function frozen(order: readonly Row[], now: readonly Row[]): { row: Row; gone: boolean }[] {
  const live = new Map(now.map((r) => [r.key, r]));
  return order.map((r) => ({ row: live.get(r.key) ?? r, gone: !live.has(r.key) }));
}

export type Verb = 'ack' | 'shelve' | 'unshelve';

/** What a user may do about an alarm now; the server checks all of it again. */
export function verbs(a: Alarm | undefined, user: User | null): Verb[] {
  if (!a || !mayDecide(user)) return [];
  if (a.state === 'E') return ['unshelve'];
  const shelf: Verb[] = a.priority > 1 && (a.active === true || a.device !== undefined) ? ['shelve'] : [];
  return unseen(a) ? ['ack', ...shelf] : shelf;
}

/** Standing alarms by priority, those that nobody has seen apart, and those on the shelf. */
export function count(lanes: readonly LaneState[]): { all: [number, number, number]; unseen: [number, number, number]; shelved: number } {
  const c = { all: [0, 0, 0] as [number, number, number], unseen: [0, 0, 0] as [number, number, number], shelved: 0 };
  for (const l of lanes)
    for (const a of l.alarms ?? []) {
      if (a.state === 'E') {
        c.shelved++;
        continue;
      }
      const i = (a.priority - 1) as 0 | 1 | 2;
      c.all[i]++;
      if (unseen(a)) c.unseen[i]++;
    }
  return c;
}

/** Whether an event is of an alarm that a person has put on the shelf: it makes no sound. */
export function quiet(e: LogEvent, lanes: readonly LaneState[]): boolean {
  return e.alarm !== undefined && lanes.some((l) => l.alarms?.some((a) => a.id === e.alarm && a.state === 'E'));
}

/** An alarm of the first priority that asks to be heard. */
export interface Ring {
  id: string;
  radiation: boolean;
  neutron: boolean;
  /** To the background; undefined is not known. */
  ratio: number | undefined;
  count: number;
}

/** What asks to be heard, the worst first: neutrons, then gamma by its ratio, then the rest. */
export function rings(lanes: readonly LaneState[], passage: (id: string | undefined) => Passage | undefined): Ring[] {
  const out: Ring[] = [];
  for (const l of lanes)
    for (const a of l.alarms ?? []) {
      if (a.priority !== 1 || !unseen(a)) continue;
      const o = passage(a.passage)?.radiation;
      const radiation = alarming(o) || /\bradiation\b/.test(a.details ?? '') || /\b(gamma|neutron) alarm\b/.test(a.text);
      out.push({ id: a.id, radiation, neutron: radiation && (o?.neutron_alarm === true || /\bneutron alarm\b/.test(a.text)), ratio: radiation ? magnitude(o) : undefined, count: a.count });
    }
  const rank = (r: Ring): number => (r.neutron ? Infinity : r.radiation ? (r.ratio ?? 1) : 0);
  return out.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

/** A ratio that has grown by so much is a worse alarm. */
const WORSE = 1.25;

/**
 * Alarms whose sound a person has taken away on this console, as they were then. Silence is
 * of one alarm: another one sounds, and so does this one when it is raised again or gets
 * worse. It acknowledges nothing and clears nothing.
 */
export class Silence {
  private was = new Map<string, Ring>();

  silence(r: Ring): void {
    this.was.set(r.id, r);
  }

  has(r: Ring): boolean {
    const w = this.was.get(r.id);
    return w !== undefined && r.count <= w.count && (w.neutron || !r.neutron) && (r.ratio ?? 1) <= (w.ratio ?? 1) * WORSE;
  }
}
