// Which decisions the officer may take now, and if not, why not. The server checks all of
// it again; this only keeps a button from promising what cannot be.

import { blocked, twoPersons } from './findings';
import type { Action, Passage, User } from './types';

export interface Situation {
  passage: Passage | undefined;
  user: User | null;
  /** Nothing arrives, the display is faulty, or a snapshot is awaited. */
  consoleStale: boolean;
  laneStale: boolean;
  laneOpen: boolean;
  busy: boolean;
  /** An older passage of the archive, or the last one of a free lane. */
  past: boolean;
}

/** Keys of i18n group "gate". */
export type Why =
  | 'console_stale'
  | 'role'
  | 'no_passage'
  | 'busy'
  | 'lane_stale'
  | 'not_final'
  | 'blocking'
  | 'decided'
  | 'own_pending'
  | 'nothing_blocks'
  | 'supervisor'
  | 'senior';

export type Gate = { ok: true; second?: boolean } | { ok: false; why: Why };

const deciders = ['officer', 'radiation_officer', 'supervisor'];
const senior = ['radiation_officer', 'supervisor'];

export function mayDecide(u: User | null): boolean {
  return u?.roles.some((r) => deciders.includes(r)) ?? false;
}

function isSenior(u: User | null): boolean {
  return u?.roles.some((r) => senior.includes(r)) ?? false;
}

const no = (why: Why): Gate => ({ ok: false, why });

export function gate(a: Action, s: Situation): Gate {
  if (s.consoleStale) return no('console_stale');
  if (!mayDecide(s.user)) return no('role');
  if (a === 'open_lane' || a === 'close_lane') return s.busy ? no('busy') : { ok: true };
  const p = s.passage;
  if (!p || s.past) return no('no_passage');
  if (p.phase === 'left' || p.phase === 'closed') return no('decided');
  if (s.busy) return no('busy');
  if (a === 'note' || a === 'correct_plate' || a === 'choose_match' || a === 'remeasure') {
    return p.phase === 'released' ? no('decided') : { ok: true };
  }
  if (a === 'hold' || a === 'secondary') {
    return p.decision?.action === a && !p.pending ? no('decided') : { ok: true };
  }
  if (p.phase === 'released') return no('decided');
  if (p.pending?.action === a) {
    if (p.pending.user === s.user?.id || p.pending.user === s.user?.name) return no('own_pending');
    if (s.laneStale) return no('lane_stale');
    return p.pending.role === 'officer' && !isSenior(s.user) ? no('senior') : { ok: true, second: true };
  }
  if (s.laneStale) return no('lane_stale');
  if (!p.final) return no('not_final');
  if (a === 'release') return blocked(p) ? no('blocking') : { ok: true };
  if (!blocked(p)) return no('nothing_blocks');
  // One person alone overrides only as a supervisor or radiation officer; an officer may
  // begin what needs two.
  return twoPersons(p) || isSenior(s.user) ? { ok: true } : no('supervisor');
}

/** An own decision may be taken back for so long. */
export const UNDO_MS = 5000;

/** Ms that are left to take the decision back; 0 where it cannot be. */
export function undoable(p: Passage | undefined, u: User | null, now: number): number {
  const mine = (x: Passage['decision']): boolean => x !== undefined && (x.user === u?.id || x.user === u?.name);
  const d = mine(p?.pending) ? p?.pending : p?.decision;
  if (!d || !mine(d) || d.second || !mayDecide(u)) return 0;
  if (d === p?.decision && (p.phase === 'released' || p.phase === 'left' || p.phase === 'closed')) return 0; // the barrier was told
  return Math.max(0, Date.parse(d.at) + UNDO_MS - now);
}

/** Fewest characters of the text of an override. */
export const NOTE_MIN = 15;

/** Whether an override may be sent: a reason code, and words that say something. */
export function overrideReady(reason: string, note: string): boolean {
  const text = note.trim();
  return reason !== '' && [...text].length >= NOTE_MIN && new Set(text.toLowerCase()).size >= 5;
}
