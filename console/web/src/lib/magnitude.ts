// How strong an occupancy is, from its summary alone: lanes that are not on the screen have no
// slices here, and their alarms sound too.

import type { Occupancy } from './types';

const add = (g: readonly number[]): number => g.reduce((a, b) => a + b, 0);

/** Whether anything in it gives an alarm. */
export const alarming = (o: Occupancy | undefined): boolean => !!o && (o.vendor_alarm || o.gamma_alarm || o.neutron_alarm || o.analysis?.alarm === true);

/** The largest gamma, sigmas; undefined before the first full window. */
export const sigma = (o: Occupancy): number | undefined => (o.max_milli_sigma > -1_000_000 ? o.max_milli_sigma / 1000 : undefined);

/** Panels of a group of the alarm test: master lower, master upper, slave lower, slave upper. */
const PANELS: Record<string, number[]> = { left: [0, 1], right: [2, 3], lower: [0, 2], upper: [1, 3], p1: [0], p2: [1], p3: [2], p4: [3] };

/**
 * The largest ratio to the background that the summary of an occupancy tells, also where its
 * slices are not here; undefined without a background.
 */
export function magnitude(o: Occupancy | undefined): number | undefined {
  if (!o?.has_background) return undefined;
  const bg = o.background_cps;
  const of = o.group && PANELS[o.group] ? (PANELS[o.group] ?? []).reduce((n, i) => n + (bg[i] ?? 0), 0) : add(bg);
  if (of <= 0) return undefined;
  const z = sigma(o);
  const bySigma = z === undefined ? 1 : 1 + z / Math.sqrt(of);
  return Math.max(1, bySigma, 1 + (o.analysis?.net_permille ?? 0) / 1000);
}

/** A small curve of all panels for a list: points of a path in a box of w by h. */
export function small(o: Occupancy | undefined, w: number, h: number): string {
  const slices = o?.slices ?? [];
  if (slices.length < 2) return '';
  const n = 5;
  const v = slices.map((_, i) => {
    const part = slices.slice(Math.max(0, i - n + 1), i + 1);
    return part.reduce((a, s) => a + add(s.g), 0) / part.length;
  });
  const max = Math.max(1, ...v, o ? (add(o.background_cps) / 5) * 1.2 : 0);
  return v.map((y, i) => `${i ? 'L' : 'M'}${((i / (v.length - 1)) * w).toFixed(1)} ${(h - (y / max) * h).toFixed(1)}`).join('');
}

/** What a portal's panels can tell: one that gives a sum alone knows neither side nor height. */
export function panels(o: Occupancy): { sides: boolean; heights: boolean } {
  const on = [0, 1, 2, 3].map((i) => (o.background_cps[i] ?? 0) > 0 || (o.slices ?? []).some((s) => (s.g[i] ?? 0) > 0));
  return { sides: !!((on[0] || on[1]) && (on[2] || on[3])), heights: !!((on[0] || on[2]) && (on[1] || on[3])) };
}
