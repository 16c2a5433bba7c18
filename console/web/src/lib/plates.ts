// Plates as every screen shows them: which reading counts, and how sure it is.

import type { PlateRead } from './types';

/** The read of a role that counts: what an officer has corrected, else the surest of a camera. */
export function best(plates: readonly PlateRead[] | undefined, role: string): PlateRead | undefined {
  let out: PlateRead | undefined;
  for (const p of plates ?? []) if ((p.role ?? 'front') === role && (!out || better(p, out))) out = p;
  return out;
}

/** Whether one reading of a plate counts more than another. */
export function better(p: PlateRead, q: PlateRead): boolean {
  if (!p.corrected !== !q.corrected) return p.corrected !== undefined;
  if (!p.text !== !q.text) return p.text !== '';
  return !p.parent !== !q.parent ? !p.parent : p.confidence > q.confidence;
}

/** What the officer or else the camera says. */
export function textOf(p: PlateRead | undefined): string {
  return p ? (p.corrected ?? p.text) : '';
}

/** Confidence in three bands; the shape carries it, no colour. */
export function band(p: number): 'high' | 'mid' | 'low' {
  return p >= 0.95 ? 'high' : p >= 0.8 ? 'mid' : 'low';
}
