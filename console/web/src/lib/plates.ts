// Plates: what was read beside what was declared, character under character.

import type { Declaration, PlateRead } from './types';

/** One column of the alignment; an absent side is a gap. */
export interface Column {
  read?: string;
  p?: number;
  declared?: string;
  same: boolean;
}

// Letters that look alike in Latin and Cyrillic count as one.
const twins: Record<string, string> = {
  А: 'A', В: 'B', Е: 'E', К: 'K', М: 'M', Н: 'H', О: 'O', Р: 'P', С: 'C', Т: 'T', У: 'Y', Х: 'X', І: 'I',
};

export function fold(c: string): string {
  const u = c.toUpperCase();
  return twins[u] ?? u;
}

/** Aligns a reading with the declared text with as few edits as possible. */
export function align(read: string, declared: string, ps?: readonly number[]): Column[] {
  const a = [...read];
  const b = [...declared];
  const w = b.length + 1;
  const cost = new Array<number>((a.length + 1) * w).fill(0);
  const at = (i: number, j: number): number => cost[i * w + j] ?? 0;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) {
        cost[i * w + j] = i + j;
        continue;
      }
      const sub = at(i - 1, j - 1) + (fold(a[i - 1] ?? '') === fold(b[j - 1] ?? '') ? 0 : 1);
      cost[i * w + j] = Math.min(sub, at(i - 1, j) + 1, at(i, j - 1) + 1);
    }
  }
  const out: Column[] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 || j > 0) {
    const r = a[i - 1];
    const d = b[j - 1];
    const same = r !== undefined && d !== undefined && fold(r) === fold(d);
    if (i > 0 && j > 0 && at(i, j) === at(i - 1, j - 1) + (same ? 0 : 1)) {
      out.push({ read: r, p: ps?.[i - 1], declared: d, same });
      i--;
      j--;
    } else if (i > 0 && at(i, j) === at(i - 1, j) + 1) {
      out.push({ read: r, p: ps?.[i - 1], same: false });
      i--;
    } else {
      out.push({ declared: d, same: false });
      j--;
    }
  }
  return out.reverse();
}

/** The read of a role that counts: the surest one. */
export function best(plates: readonly PlateRead[] | undefined, role: string): PlateRead | undefined {
  let out: PlateRead | undefined;
  for (const p of plates ?? []) {
    if ((p.role ?? 'front') !== role) continue;
    if (!out || (p.text !== '' && (out.text === '' || p.confidence > out.confidence))) out = p;
  }
  return out;
}

/** What the officer or else the camera says. */
export function textOf(p: PlateRead | undefined): string {
  return p ? (p.corrected ?? p.text) : '';
}

/** Confidence in three bands; the shape carries it, no colour. */
export function band(p: number): 'high' | 'mid' | 'low' {
  return p >= 0.95 ? 'high' : p >= 0.8 ? 'mid' : 'low';
}

const trailerRoles = ['trailer', 'semitrailer', 'semi_trailer'];

/** The declared plate that belongs to a read's role; a rear plate may be either's. */
export function declaredFor(role: string, d: Declaration | undefined, read: string): string {
  const units = d?.units ?? [];
  const tractor = units.find((u) => !trailerRoles.includes(u.role))?.plate ?? '';
  const trailer = units.find((u) => trailerRoles.includes(u.role))?.plate ?? '';
  if (role === 'front') return tractor;
  if (role === 'trailer') return trailer;
  if (trailer === '') return tractor;
  const dist = (x: string): number => align(read, x).filter((c) => !c.same).length;
  return dist(tractor) < dist(trailer) ? tractor : trailer;
}
