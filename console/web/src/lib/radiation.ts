// The gamma profile as series. Values are counts in a window of one second, the window in
// which the portal and our own engine decide; so they compare directly with the background
// in counts a second.

import type { Occupancy } from './types';

export interface Profile {
  /** Seconds after the start of the occupancy. */
  t: number[];
  sum: (number | null)[];
  pillarA: (number | null)[];
  pillarB: (number | null)[];
  /** Background and one standard deviation of it, in the same window. */
  bg: number;
  sd: number;
  hasBg: boolean;
  threshold: number | undefined;
  /** The multiple of the standard deviation behind threshold. */
  k: number | undefined;
  /** Alarm spans, seconds; vendor tells the portal's own flag. */
  spans: { from: number; to: number; vendor: boolean }[];
  neutron: (number | null)[] | undefined;
  /** Largest ratio of the sum to the background. */
  ratio: number | undefined;
}

const WINDOW_MS = 1000;

const add = (g: readonly number[]): number => g.reduce((a, b) => a + b, 0);

/** Spacing of the slices: the median, so that one lost slice does not matter. */
export function interval(t: readonly number[]): number {
  const d: number[] = [];
  for (let i = 1; i < t.length; i++) d.push((t[i] ?? 0) - (t[i - 1] ?? 0));
  d.sort((a, b) => a - b);
  const m = d[Math.floor(d.length / 2)];
  return m !== undefined && m > 0 ? m : 200;
}

/** A slice of the portal where the profile is thinned and its spacing says nothing. */
const SLICE_MS = 200;

export function profile(o: Occupancy): Profile {
  const slices = [...(o.slices ?? [])].sort((a, b) => a.t_ms - b.t_ms);
  const thinned = (o.thinned ?? 0) > 1;
  const step = thinned ? SLICE_MS : interval(slices.map((s) => s.t_ms));
  // Of a thinned profile no window can be summed; each slice stands for itself.
  const w = thinned ? 1 : Math.max(1, Math.round(WINDOW_MS / step));
  const windowed = (pick: (g: number[]) => number): (number | null)[] => {
    const out: (number | null)[] = [];
    let acc = 0;
    slices.forEach((s, i) => {
      acc += pick(s.g);
      const gone = slices[i - w];
      if (gone) acc -= pick(gone.g);
      // Before the first full window there is no comparable value.
      out.push(i >= w - 1 ? acc * (WINDOW_MS / (w * step)) : null);
    });
    return out;
  };
  const bg = add(o.background_cps);
  const k = o.threshold_milli_sigma ? o.threshold_milli_sigma / 1000 : undefined;
  const sum = windowed(add);
  const peak = Math.max(0, ...sum.filter((x): x is number => x !== null));
  return {
    t: slices.map((s) => s.t_ms / 1000),
    sum,
    pillarA: windowed((g) => (g[0] ?? 0) + (g[1] ?? 0)),
    pillarB: windowed((g) => (g[2] ?? 0) + (g[3] ?? 0)),
    bg,
    sd: Math.sqrt(Math.max(bg, 0)),
    hasBg: o.has_background && bg > 0,
    threshold: o.has_background && bg > 0 && k !== undefined ? bg + k * Math.sqrt(bg) : undefined,
    k,
    spans: spans(slices, step),
    neutron: neutrons(o, slices.map((s) => s.t_ms)),
    ratio: o.has_background && bg > 0 && peak > 0 ? peak / bg : undefined,
  };
}

/** Neutron intervals, each on the gamma slice next after it: one chart has one axis of time. */
function neutrons(o: Occupancy, t: readonly number[]): (number | null)[] | undefined {
  if (!o.neutron?.length || t.length === 0) return undefined;
  const out = t.map((): number | null => null);
  for (const n of o.neutron) {
    const at = t.findIndex((x) => x >= n.t_ms);
    const i = at < 0 ? t.length - 1 : at;
    out[i] = (out[i] ?? 0) + add(n.n);
  }
  return out;
}

/** Runs of slices in alarm; a run reaches back over its last slice only, not its window. */
function spans(slices: readonly { t_ms: number; a?: boolean; v?: boolean }[], step: number): Profile['spans'] {
  const out: Profile['spans'] = [];
  for (const s of slices) {
    if (!s.a && !s.v) continue;
    const from = (s.t_ms - step) / 1000;
    const to = s.t_ms / 1000;
    const last = out[out.length - 1];
    if (last && Math.abs(last.to - from) < step / 2000 && last.vendor === !!s.v) last.to = to;
    else out.push({ from, to, vendor: !!s.v });
  }
  return out;
}
