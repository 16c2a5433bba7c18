// The gamma profile as series. Values are counts in a window of one second, the window in
// which the portal and our own engine decide; so they compare directly with the background
// in counts a second.

import type { Finding, Occupancy } from './types';

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

/** k of the alarm test, from the finding where it has one. */
export function sigmas(findings: readonly Finding[] | undefined): number | undefined {
  const f = findings?.find((x) => x.quantity === 'radiation' && x.unit === 'sigma' && x.limit !== undefined);
  return f?.limit;
}

export function profile(o: Occupancy, findings?: readonly Finding[]): Profile {
  const slices = [...(o.slices ?? [])].sort((a, b) => a.t_ms - b.t_ms);
  const step = interval(slices.map((s) => s.t_ms));
  const w = Math.max(1, Math.round(WINDOW_MS / step));
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
  const k = sigmas(findings);
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
    neutron: slices.some((s) => s.n) ? slices.map((s) => (s.n ? add(s.n) : null)) : undefined,
    ratio: o.has_background && bg > 0 && peak > 0 ? peak / bg : undefined,
  };
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
