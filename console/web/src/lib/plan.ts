// Geometry of the view from above, in the scale and place of the silhouette above it, so that
// what is in one view stands under it in the other. Pure.

import { ofQuantity } from './findings';
import { build, heightFor, LAYOUT, voids, wide } from './silhouette';
import type { Passage } from './types';

export interface PlanView {
  width: number;
  height: number;
  /** The vehicle's middle line, px from above. */
  middle: number;
  x0: number;
  tail: number;
  body: string;
  /** Closed shapes beyond a limit that is exceeded. */
  excess: string[];
  /** Limit lines of the width, px; absent without a limit. */
  limits: [number, number] | undefined;
  /** Limit of the length, px; only where the vehicle is longer. */
  lengthLimit: number | undefined;
  wheels: { x: number; y: number; w: number; h: number }[];
  /** The measured width at the place where the body is as wide, px. */
  at: { x: number; y1: number; y2: number };
  widthMm: number;
  uMm: number | undefined;
  limitMm: number | undefined;
  exceeds: boolean;
  void: boolean;
  /** Widest place with mirrors, where that is more than the width. */
  rawMm: number | undefined;
}

interface Section {
  x: number;
  l: number;
  r: number;
}

const WHEEL = { long: 1.0, tread: 0.3 };

/** The view from above; undefined where the sides were not measured. */
export function plan(p: Passage, boxWidth: number): PlanView | undefined {
  const size = p.size;
  const all: Section[] = (size?.outline ?? [])
    .map((o) => ({ x: o.x, l: o.l ?? 0, r: o.r ?? 0 }))
    .filter((o) => o.r > o.l)
    .sort((a, b) => a.x - b.x);
  if (!size || size.length_mm <= 0 || size.width_mm <= 0 || all.length < 8) return undefined;
  const side = build(p, wide(boxWidth), heightFor(boxWidth));
  const k = side.pxPerM / 1000;
  const mids = all.map((o) => (o.l + o.r) / 2).sort((a, b) => a - b);
  const mid = mids[Math.floor(mids.length / 2)] ?? 0;
  for (const o of all) {
    o.l -= mid;
    o.r -= mid;
  }
  const finding = ofQuantity(p.findings, 'width');
  const limit = finding?.limit;
  const reach = Math.max(...all.map((o) => Math.max(-o.l, o.r)), (limit ?? 0) / 2);
  const pad = 14;
  const middle = Math.round(pad + reach * k);
  const x = (mm: number): number => round(LAYOUT.left + mm * k);
  // To the right of the driving direction is up: the front is at the left.
  const y = (mm: number): number => round(middle - mm * k);
  const line = (pts: [number, number][]): string => pts.map(([a, b], i) => `${i ? 'L' : 'M'}${x(a)} ${y(b)}`).join('') + 'Z';
  const out: PlanView = {
    width: side.width,
    height: Math.round(middle + reach * k + pad),
    middle,
    x0: x(0),
    tail: x(size.length_mm),
    body: line([...all.map((o): [number, number] => [o.x, o.r]), ...[...all].reverse().map((o): [number, number] => [o.x, o.l])]),
    excess: [],
    limits: limit === undefined ? undefined : [y(limit / 2), y(-limit / 2)],
    lengthLimit: undefined,
    wheels: [],
    at: place(all, size.width_mm, x, y),
    widthMm: size.width_mm,
    uMm: size.u_width_mm || undefined,
    limitMm: limit,
    exceeds: finding?.verdict === 'exceeds',
    void: voids(size.flags),
    rawMm: (size.raw_width_mm ?? 0) > size.width_mm + 50 ? size.raw_width_mm : undefined,
  };
  if (out.exceeds && limit !== undefined) {
    const half = limit / 2;
    // A section that is wider than what was judged has mirrors.
    const judged = (o: Section): boolean => o.r - o.l <= size.width_mm + 80;
    for (const run of runs(all, (o) => judged(o) && o.r > half)) out.excess.push(line([[run[0]?.x ?? 0, half], ...run.map((o): [number, number] => [o.x, o.r]), [run.at(-1)?.x ?? 0, half]]));
    for (const run of runs(all, (o) => judged(o) && -o.l > half)) out.excess.push(line([[run[0]?.x ?? 0, -half], ...run.map((o): [number, number] => [o.x, o.l]), [run.at(-1)?.x ?? 0, -half]]));
  }
  const long = ofQuantity(p.findings, 'length');
  if (long?.verdict === 'exceeds' && long.limit !== undefined && long.limit < size.length_mm) {
    const from = long.limit;
    out.lengthLimit = x(from);
    const rear = all.filter((o) => o.x >= from);
    if (rear.length > 1) out.excess.push(line([...rear.map((o): [number, number] => [o.x, o.r]), ...[...rear].reverse().map((o): [number, number] => [o.x, o.l])]));
  }
  if (side.placed) {
    const half = size.width_mm / 2;
    const w = WHEEL.long * side.pxPerM;
    const h = WHEEL.tread * side.pxPerM;
    for (const a of side.axles) for (const top of [y(half), y(-half) - h]) out.wheels.push({ x: round(a.cx - w / 2), y: round(top), w: round(w), h: round(h) });
  }
  return out;
}

const round = (n: number): number => Math.round(n * 10) / 10;

/** Neighbouring sections for which something holds. */
function runs(all: Section[], holds: (o: Section) => boolean): Section[][] {
  const out: Section[][] = [];
  let run: Section[] = [];
  for (const o of all) {
    if (holds(o)) run.push(o);
    else if (run.length > 0) {
      out.push(run);
      run = [];
    }
  }
  if (run.length > 0) out.push(run);
  return out.filter((r) => r.length > 1);
}

/** Where the vehicle is as wide as was measured: the last such place, clear of the mirrors. */
function place(all: Section[], width: number, x: (mm: number) => number, y: (mm: number) => number): PlanView['at'] {
  let best = all[0] ?? { x: 0, l: 0, r: 0 };
  for (const o of all) if (Math.abs(o.r - o.l - width) <= Math.abs(best.r - best.l - width) + 15) best = o;
  return { x: x(best.x), y1: y(best.r), y2: y(best.l) };
}
