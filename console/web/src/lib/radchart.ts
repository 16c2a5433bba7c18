// Geometry of the radiation chart: everything the drawing needs, in pixels. Pure, so that
// tests can pin the numbers.

import { toSigma, type Along, type Profile, type Span, type Trace } from './radiation';

/** Margins of the plot, px. */
export const BOX = { left: 68, right: 10, row: 15, axis: 20, neutron: 44, neutronAlarm: 92 } as const;

/** A trace of another pass of the same vehicle, in its own metres. */
export interface Extra {
  label: string;
  m: number[];
  sum: Trace;
}

export interface Chart {
  x: (s: number) => number;
  y: (cps: number, bg: number) => number;
  top: number;
  bottom: number;
  sum: string;
  /** The windows that are not yet a second long. */
  early: string;
  left: string;
  right: string;
  expected: string | undefined;
  own: string | undefined;
  thresholdY: number | undefined;
  bgY: number | undefined;
  /** One standard deviation about the background, up to the entry. */
  band: { x: number; y: number; w: number; h: number } | undefined;
  before: { to: number } | undefined;
  spans: { x: number; w: number; by: Span['by'] }[];
  /** Where the rows of alarms begin; a row without an alarm is not there. */
  rows: { portal: number | undefined; own: number | undefined };
  neutron: { top: number; base: number; bars: { x: number; w: number; h: number; n: number; label: boolean; portal: boolean; own: boolean }[] } | undefined;
  xTicks: { v: number; at: number }[];
  yTicks: { v: number; at: number }[];
  others: { label: string; path: string }[];
  /** What is missing from the record. */
  gaps: { x: number; w: number }[];
  nearest: (px: number) => number;
  /** Index of the largest sum. */
  peak: number;
}

/** Steps of 1, 2 and 5 that give at most n marks from a to b. */
export function ticks(a: number, b: number, n: number): number[] {
  if (!(b > a) || n < 1) return [];
  let step = 10 ** Math.floor(Math.log10((b - a) / n));
  for (const f of [1, 2, 5, 10]) {
    if ((b - a) / (step * f) <= n) {
      step *= f;
      break;
    }
  }
  step = Math.max(1, step);
  const out: number[] = [];
  for (let v = Math.ceil(a / step) * step; v <= b; v += step) out.push(v === 0 ? 0 : v);
  return out;
}

/** Room before the entry, so that the background is seen there, s. */
const LEAD = 2.2;

/** way gives an axis of metres; without it the axis is of seconds. */
export function chart(p: Profile, way: Along | undefined, size: { width: number; height: number; sigmas: boolean }, others: readonly Extra[] = []): Chart {
  const { width, height } = size;
  const sigmas = size.sigmas && p.hasBg;
  const has = (by: Span['by']): boolean => p.spans.some((s) => s.by === by);
  const n = (has('portal') ? 1 : 0) + (has('own') ? 1 : 0);
  const rows = { portal: has('portal') ? 0 : undefined, own: has('own') ? (has('portal') ? BOX.row : 0) : undefined };
  // Under the rows of an alarm is the place of its source, in nobody's way.
  const top = n * BOX.row + (n > 0 ? 18 : 4);
  // Where neutrons are the alarm, they are what is to be seen.
  const hot = p.neutron.some((b) => b.portal || b.own);
  const low = p.neutron.length === 0 ? 0 : hot ? BOX.neutronAlarm : BOX.neutron;
  const bottom = height - BOX.axis - low;

  const start = Math.min(p.from, -LEAD);
  const end = Math.max(p.to, way?.lengthM !== undefined ? way.s(way.lengthM) : 0);
  const [u0, u1] = way ? [way.m(start), way.m(end)] : [start, end];
  const wide = Math.max(1, width - BOX.left - BOX.right);
  const ux = (u: number): number => BOX.left + ((u - u0) / (u1 - u0)) * wide;
  const x = (s: number): number => round(ux(way ? way.m(s) : s));

  const value = (cps: number, bg: number): number => (sigmas ? (bg > 0 ? toSigma(cps, bg) : 0) : cps);
  const extra = sigmas ? others.filter((o) => o.sum.bg > 0) : others;
  const all = [
    ...[p.sum, p.left, p.right, ...extra.map((o) => o.sum)].flatMap((tr) => (p.t.length ? tr.cps.map((c) => value(c, tr.bg)) : [])),
    ...(p.own ?? []).map((c) => value(c, p.sum.bg)),
    ...(p.hasBg ? [value(p.sum.bg + 3 * p.sd, p.sum.bg)] : []),
    ...(p.threshold !== undefined ? [value(p.threshold, p.sum.bg)] : []),
  ];
  const max = Math.max(sigmas ? 3 : 10, ...all);
  const min = sigmas ? Math.min(-3, ...all) : 0;
  // Room above for the words of front and rear, over that of the threshold.
  const hi = max + (max - min) * 0.22;
  const lo = sigmas ? min - (max - min) * 0.04 : 0;
  const yv = (v: number): number => round(bottom - ((v - lo) / (hi - lo)) * (bottom - top));
  const y = (cps: number, bg: number): number => yv(value(cps, bg));

  const path = (xs: readonly number[], tr: Trace, from = 0, to = xs.length, gaps: readonly number[] = p.gaps): string => {
    let d = '';
    for (let i = from; i < to; i++) d += `${d && !gaps.includes(i) ? 'L' : 'M'}${xs[i] ?? 0} ${y(tr.cps[i] ?? 0, tr.bg)}`;
    return d;
  };
  const xs = p.t.map(x);
  const line = (v: number[] | undefined): string | undefined => v && path(xs, { cps: v, bg: p.sum.bg }, p.short);
  const entry = x(0);
  let peak = Math.min(p.short, Math.max(0, p.t.length - 1));
  for (let i = peak; i < p.t.length; i++) if ((p.sum.cps[i] ?? 0) > (p.sum.cps[peak] ?? 0)) peak = i;

  const most = Math.max(4, ...p.neutron.map((b) => b.n));
  const base = height - BOX.axis;
  const room = low - (hot ? 38 : 22);
  return {
    x,
    y,
    top,
    bottom,
    sum: path(xs, p.sum, p.short),
    early: p.short > 0 ? path(xs, p.sum, 0, Math.min(p.short + 1, xs.length)) : '',
    left: path(xs, p.left, p.short),
    right: path(xs, p.right, p.short),
    expected: line(p.expected),
    own: line(p.own),
    thresholdY: p.threshold === undefined ? undefined : y(p.threshold, p.sum.bg),
    bgY: p.hasBg ? y(p.sum.bg, p.sum.bg) : undefined,
    band: p.hasBg ? { x: BOX.left, y: y(p.sum.bg + p.sd, p.sum.bg), w: Math.max(0, entry - BOX.left), h: y(p.sum.bg - p.sd, p.sum.bg) - y(p.sum.bg + p.sd, p.sum.bg) } : undefined,
    before: entry - BOX.left > 50 ? { to: entry } : undefined,
    spans: p.spans.map((s) => ({ x: x(s.from), w: Math.max(2, round(x(s.to) - x(s.from))), by: s.by })),
    rows,
    neutron:
      p.neutron.length === 0
        ? undefined
        : {
            top: base - low + 10,
            base,
            bars: p.neutron.map((b) => {
              const w = Math.max(2, round(x(b.to) - x(b.from)) - 2);
              return { x: x(b.from) + 1, w, h: round((b.n / most) * room), n: b.n, label: b.n > 0 && w >= 9, portal: b.portal, own: b.own };
            }),
          },
    xTicks: ticks(u0, u1, Math.max(2, Math.floor(wide / 70))).map((v) => ({ v, at: round(ux(v)) })),
    yTicks: ticks(lo, hi, Math.max(2, Math.floor((bottom - top) / 34))).map((v) => ({ v, at: yv(v) })),
    others: way ? extra.map((o) => ({ label: o.label, path: path(o.m.map((m) => round(ux(m))), o.sum, 0, o.m.length, []) })) : [],
    gaps: p.gaps.map((i) => ({ x: xs[i - 1] ?? 0, w: Math.max(2, round((xs[i] ?? 0) - (xs[i - 1] ?? 0))) })),
    nearest: (px) => {
      let best = 0;
      xs.forEach((v, i) => {
        if (Math.abs(v - px) < Math.abs((xs[best] ?? 0) - px)) best = i;
      });
      return best;
    },
    peak,
  };
}

const round = (v: number): number => Math.round(v * 10) / 10;
