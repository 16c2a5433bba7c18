// The profile of the radiation portal as series, and where along the vehicle it is. Gamma
// values are counts in a window of one second, the window in which the portal and our own
// test decide; so they compare directly with the background in counts a second. A window
// stands at its middle: there the source is, not where the window ends.

import { panels } from './magnitude';
import type { Occupancy, Passage } from './types';

/** One trace and the background that it is to be compared with. */
export interface Trace {
  cps: number[];
  bg: number;
}

/** Where an alarm stands. Ours is of the k-sigma test or of the analysis. */
export interface Span {
  from: number;
  to: number;
  by: 'portal' | 'own';
}

export interface Bar {
  from: number;
  to: number;
  n: number;
  portal: boolean;
  own: boolean;
}

export interface Profile {
  /** Middle of each window, seconds after the front broke the beams. */
  t: number[];
  /** How many of the first windows have fewer slices than a second needs. */
  short: number;
  /** Indexes before which something is missing from the record. */
  gaps: number[];
  sum: Trace;
  left: Trace;
  right: Trace;
  hasBg: boolean;
  sd: number;
  /** What the vehicle's shadow leaves, and our own threshold over it. */
  expected: number[] | undefined;
  own: number[] | undefined;
  /** The portal's threshold and the multiple of the standard deviation behind it. */
  threshold: number | undefined;
  k: number | undefined;
  spans: Span[];
  neutron: Bar[];
  /** Largest ratio of the sum to the background. */
  ratio: number | undefined;
  /** First and last instant of the record, s. */
  from: number;
  to: number;
}

const WINDOW_MS = 1000;
/** A slice of the portal where the profile is thinned and its spacing says nothing. */
const SLICE_MS = 200;
const NEUTRON_MS = 1000;

const add = (g: readonly number[] | undefined): number => (g ?? []).reduce((a, b) => a + b, 0);
const left = (g: readonly number[] | undefined): number => (g?.[0] ?? 0) + (g?.[1] ?? 0);
const right = (g: readonly number[] | undefined): number => (g?.[2] ?? 0) + (g?.[3] ?? 0);

/** Spacing of the slices: the median, so that one lost slice does not matter. */
export function interval(t: readonly number[]): number {
  const d: number[] = [];
  for (let i = 1; i < t.length; i++) d.push((t[i] ?? 0) - (t[i - 1] ?? 0));
  d.sort((a, b) => a - b);
  const m = d[Math.floor(d.length / 2)];
  return m !== undefined && m > 0 ? m : SLICE_MS;
}

/** Steps of gateways jitter by a few ms; slices are whole fifths of a second and the like. */
const nominal = (step: number): number => Math.max(100, Math.round(step / 50) * 50);

/** The background in force: the portal's own one, or the plausible one in its place. */
export const background = (o: Occupancy): number[] => (o.background_guard && add(o.guard_background_cps) > 0 ? (o.guard_background_cps ?? []) : o.background_cps);

export function profile(o: Occupancy): Profile {
  const slices = [...(o.slices ?? [])].sort((a, b) => a.t_ms - b.t_ms);
  const thinned = (o.thinned ?? 0) > 1;
  const step = thinned ? SLICE_MS : (o.interval_ms ?? nominal(interval(slices.map((s) => s.t_ms))));
  // Of a thinned profile no window can be summed; each slice stands for itself.
  const w = thinned ? 1 : Math.max(1, Math.round(WINDOW_MS / step));
  // No window reaches over what is missing from the record, and no line is drawn there.
  const since: number[] = [];
  slices.forEach((s, i) => since.push(i > 0 && (thinned || s.t_ms - (slices[i - 1]?.t_ms ?? 0) < 2.5 * step) ? (since[i - 1] ?? 0) + 1 : 1));
  const many = (i: number): number => Math.min(since[i] ?? 1, w);
  const windowed = <T>(of: readonly T[], pick: (x: T) => number): number[] => {
    let acc = 0;
    return of.map((x, i) => {
      const n = since[i] ?? 1;
      acc = pick(x) + (n > 1 ? acc : 0);
      const gone = n > w ? of[i - w] : undefined;
      if (gone !== undefined) acc -= pick(gone);
      return acc / many(i);
    });
  };
  const perS = 1000 / step;
  const cps = (pick: (g: number[]) => number): number[] => windowed(slices, (s) => pick(s.g)).map((x) => x * perS);
  const bg = background(o);
  const all = add(bg);
  const hasBg = o.has_background && all > 0;
  const k = o.threshold_milli_sigma ? o.threshold_milli_sigma / 1000 : undefined;
  const sum = cps(add);
  const peak = Math.max(0, ...sum.slice(Math.min(w - 1, sum.length - 1)));
  const a = o.analysis;
  const fits = hasBg && a?.expected_permille !== undefined && a.expected_permille.length === slices.length && slices.length > 0;
  const expected = fits ? windowed(a.expected_permille ?? [], (x) => x).map((x) => (x * all) / 1000) : undefined;
  const over = a?.tests?.find((x) => x.name === 'template' && !x.reason && x.threshold_milli_sigma > 0)?.threshold_milli_sigma;
  const first = slices[0];
  const last = slices[slices.length - 1];
  const neutron = bars(o);
  return {
    t: slices.map((s, i) => (s.t_ms - (many(i) * step) / 2) / 1000),
    short: Math.min(w - 1, slices.length),
    gaps: since.flatMap((n, i) => (i > 0 && n === 1 ? [i] : [])),
    sum: { cps: sum, bg: all },
    left: { cps: cps(left), bg: left(bg) },
    right: { cps: cps(right), bg: right(bg) },
    hasBg,
    sd: Math.sqrt(Math.max(all, 0)),
    expected,
    own: expected && over ? expected.map((e) => e + (over / 1000) * Math.sqrt(e)) : undefined,
    threshold: hasBg && k !== undefined ? add(o.background_cps) + k * Math.sqrt(add(o.background_cps)) : undefined,
    k,
    spans: [...runs(slices, step, w, 'portal'), ...merged([...runs(slices, step, w, 'own'), ...found(o)])],
    neutron,
    ratio: hasBg && peak > 0 ? peak / all : undefined,
    from: Math.min(0, first ? (first.t_ms - step) / 1000 : 0, neutron[0]?.from ?? 0),
    to: Math.max(1, last ? last.t_ms / 1000 : 0, neutron[neutron.length - 1]?.to ?? 0),
  };
}

/** Runs of slices in alarm, each as wide as the windows that gave it, moved to their middles. */
function runs(slices: readonly { t_ms: number; a?: boolean; v?: boolean }[], step: number, w: number, by: Span['by']): Span[] {
  const out: Span[] = [];
  let at = -2;
  slices.forEach((s, i) => {
    if (!(by === 'own' ? s.a : s.v)) return;
    const middle = s.t_ms - (Math.min(i + 1, w) * step) / 2;
    const last = out[out.length - 1];
    if (last && at === i - 1) last.to = (middle + step / 2) / 1000;
    else out.push({ from: (middle - step / 2) / 1000, to: (middle + step / 2) / 1000, by });
    at = i;
  });
  return out;
}

/** The alarms of the analysis: each at its second. */
function found(o: Occupancy): Span[] {
  return (o.analysis?.tests ?? [])
    .filter((x) => x.alarm && !x.reason)
    .map((x) => ({ from: x.t_ms / 1000 - WINDOW_MS / 1000, to: x.t_ms / 1000, by: 'own' as const }));
}

function merged(list: Span[]): Span[] {
  const out: Span[] = [];
  for (const s of [...list].sort((a, b) => a.from - b.from)) {
    const last = out[out.length - 1];
    if (last && s.from <= last.to + 0.001) last.to = Math.max(last.to, s.to);
    else out.push({ ...s });
  }
  return out;
}

/** Neutron intervals as they are: whole counts, each as wide as the time since the one before. */
function bars(o: Occupancy): Bar[] {
  const list = [...(o.neutron ?? [])].sort((a, b) => a.t_ms - b.t_ms);
  return list.map((n, i) => {
    const since = i > 0 ? n.t_ms - (list[i - 1]?.t_ms ?? 0) : NEUTRON_MS;
    return { from: (n.t_ms - Math.min(since, 2 * NEUTRON_MS)) / 1000, to: n.t_ms / 1000, n: add(n.n), portal: !!n.v, own: !!n.a || !!n.e };
  });
}

export const toSigma = (cps: number, bg: number): number => (cps - bg) / Math.sqrt(bg);

/** Metres behind the vehicle's front for an instant, and back. */
export interface Along {
  m: (s: number) => number;
  s: (m: number) => number;
  lengthM: number | undefined;
}

const KMH = 1 / 3.6;

/**
 * How time becomes place, as the server does it: by the vehicle's length between the times of
 * its front and its rear, else by its speed; and moved so that the peak stands where the
 * server has placed it. Undefined while neither is known: then only time is.
 */
export function along(p: Passage, o: Occupancy | undefined = p.radiation): Along | undefined {
  if (!o) return undefined;
  const place = o === p.radiation ? p.radiation_place : undefined;
  const peak = o.analysis?.peak;
  const span = place && peak ? (peak.to_t_ms - peak.from_t_ms) / 1000 : 0;
  // Another pass was driven at a speed of its own.
  const speed = (o.beam_speed_mms ?? o.speed_mms ?? (o === p.radiation ? p.speed_mms : undefined) ?? 0) / 1000;
  const local = place && span > 0 ? (place.to_mm - place.from_mm) / 1000 / span : 0;
  const mm = place?.length_mm ?? p.size?.length_mm;
  const front = (o.live_t_ms ?? 0) / 1000;
  const inside = o.open || !o.end || o.hold_ms === undefined ? 0 : (Date.parse(o.end) - Date.parse(o.start) - o.hold_ms) / 1000 - front;
  const v = inside > 0 && mm && mm > 0 ? mm / 1000 / inside : speed > 0 ? speed : local;
  if (v < 0.5 * KMH || v > 120 * KMH) return undefined;
  // A place at an end of the vehicle may have been kept on it: that moves nothing.
  const free = place && place.middle_mm > 0 && place.middle_mm < (mm ?? Infinity);
  const zero = free && peak ? place.middle_mm / 1000 - v * (peak.t_ms / 1000) : -v * front;
  return { m: (s) => zero + v * s, s: (m) => (m - zero) / v, lengthM: mm && mm > 0 ? mm / 1000 : undefined };
}

/** Axles behind the front, metres; empty where not all are known. */
export function axlesAt(p: Passage): number[] {
  let x = p.size?.overhang_mm ?? 0;
  if (x <= 0) return [];
  const out: number[] = [];
  for (const [i, a] of (p.axles ?? []).entries()) {
    if (i > 0 && a.gap_mm <= 0) return [];
    x += i > 0 ? a.gap_mm : 0;
    out.push(x / 1000);
  }
  return out;
}

/** Where the source is, in keys of group "radplace"; undefined is not known. */
export interface Where {
  along: 'cab' | 'front' | 'middle' | 'rear' | undefined;
  side: 'left' | 'right' | 'centre' | undefined;
  high: 'low' | 'high' | 'half' | undefined;
  widthM: number | undefined;
}

const third = (permille: number, low: 'left' | 'low', high: 'right' | 'high', mid: 'centre' | 'half'): string => (permille <= -250 ? low : permille >= 250 ? high : mid);

/** A cab is so long; behind it is what the vehicle carries. */
const CAB_M = 2.3;

export function where(p: Passage): Where | undefined {
  const peak = p.radiation?.analysis?.peak;
  if (!p.radiation || p.radiation.truncated || !peak) return undefined;
  const has = panels(p.radiation);
  const place = p.radiation_place;
  const length = (place?.length_mm ?? p.size?.length_mm ?? 0) / 1000;
  const at = (place?.middle_mm ?? 0) / 1000;
  const cab = Math.min(CAB_M, length * 0.3);
  const rest = (at - cab) / (length - cab);
  return {
    along: !place || length <= 0 ? undefined : at < cab ? 'cab' : rest < 1 / 3 ? 'front' : rest < 2 / 3 ? 'middle' : 'rear',
    side: has.sides ? (third(peak.side_permille, 'left', 'right', 'centre') as Where['side']) : undefined,
    high: has.heights ? (third(peak.high_permille, 'low', 'high', 'half') as Where['high']) : undefined,
    widthM: place ? Math.max(0, place.to_mm - place.from_mm) / 1000 : undefined,
  };
}
