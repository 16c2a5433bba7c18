// Geometry of the side view: everything the drawing needs, in pixels, from a passage. Pure,
// so that tests can pin the numbers.

import { groups as groupFindings, ofAxle, ofQuantity, priority, type Priority } from './findings';
import { panels } from './magnitude';
import type { Finding, Passage } from './types';

/** Where things stand in the drawing, px. */
export const LAYOUT = {
  left: 54,
  right: 128,
  top: 36,
  barTop: 26,
  barHeight: 84,
  pitch: 46,
  wheel: 520,
} as const;

/** Size of the drawing in a box of that width, px. */
export const wide = (box: number): number => Math.max(560, box);
export const heightFor = (box: number): number => Math.round(Math.min(430, Math.max(352, box * 0.4)));

export interface Pt {
  x: number;
  y: number;
}
export interface AxleView {
  n: number;
  cx: number;
  cy: number;
  r: number;
  lifted: boolean;
  void: boolean;
  /** Middle of the bar below, pulled apart where axles stand close. */
  bx: number;
  massKg: number;
  uKg: number | undefined;
  barH: number;
  limitY: number | undefined;
  tolY: number | undefined;
  limitKg: number | undefined;
  priority: Priority;
  finding: Finding | undefined;
  gapMm: number;
}
export interface GroupView {
  from: number;
  to: number;
  x1: number;
  x2: number;
  finding: Finding | undefined;
  massKg: number;
  spacingMm: number[];
  priority: Priority;
}
export interface DimView {
  mm: number;
  uMm: number | undefined;
  limitMm: number | undefined;
  /** Position of the limit line, px. */
  limitAt: number | undefined;
  priority: Priority;
  finding: Finding | undefined;
  void: boolean;
}
export interface View {
  width: number;
  height: number;
  ground: number;
  pxPerM: number;
  x0: number;
  body: string;
  measured: boolean;
  units: { x1: number; x2: number; window: string }[];
  grid: number[];
  axles: AxleView[];
  /** Whether the axles stand at measured places. */
  placed: boolean;
  groups: GroupView[];
  bars: { top: number; base: number; pxPerKg: number };
  length: DimView | undefined;
  heightDim: DimView | undefined;
  front: { cx: number; w: number; h: number; width: DimView | undefined } | undefined;
  tail: number;
}

/** Axles of the tractor and of what it pulls, after the IVWC code: A2T3, A2C3, A3. */
export function parseCode(code: string | undefined, axles: number): { units: number[]; articulated: boolean } {
  const m = /^A(\d)\*?(?:([TC])(\d)\*?)?$/.exec(code ?? '');
  if (!m) return { units: axles > 0 ? [axles] : [], articulated: false };
  const a = Number(m[1]);
  if (!m[2]) return { units: [a], articulated: false };
  return { units: [a, Number(m[3])], articulated: m[2] === 'C' };
}

// Remarks only; every other flag makes the value useless for a verdict.
const REMARKS = new Set(['stopped_on_platform', 'rollback', 'clock_unset', 'one_scanner', 'one_platform', 'simulated']);
/** Whether a flag makes the value unusable for a verdict (package obs, Flag.Voids). */
export function voids(flags: readonly string[] | undefined): boolean {
  return (flags ?? []).some((f) => !REMARKS.has(f));
}

function positions(p: Passage): number[] {
  const out: number[] = [];
  let x = 0;
  for (const [i, a] of (p.axles ?? []).entries()) {
    // An unknown gap is drawn as a usual one; its number is not shown.
    x += i === 0 ? 0 : a.gap_mm > 0 ? a.gap_mm : 3000;
    out.push(x);
  }
  return out;
}

/** Pulls bar centres at least pitch apart, keeping their order and their middle. */
export function spread(xs: readonly number[], pitch: number, min: number, max: number): number[] {
  const out = [...xs];
  for (let pass = 0; pass < 60; pass++) {
    let moved = false;
    for (let i = 1; i < out.length; i++) {
      const gap = (out[i] ?? 0) - (out[i - 1] ?? 0);
      if (gap >= pitch - 0.01) continue;
      const push = (pitch - gap) / 2;
      out[i - 1] = (out[i - 1] ?? 0) - push;
      out[i] = (out[i] ?? 0) + push;
      moved = true;
    }
    if (out.length > 0) {
      const low = min - (out[0] ?? 0);
      if (low > 0) out[0] = min;
      const high = (out[out.length - 1] ?? 0) - max;
      if (high > 0) out[out.length - 1] = max;
    }
    if (!moved) break;
  }
  return out.map((x) => Math.round(x * 10) / 10);
}

function dim(mm: number | undefined, u: number | undefined, f: Finding | undefined, flags?: string[]): DimView | undefined {
  if (!mm || mm <= 0) return undefined;
  return {
    mm,
    uMm: u || undefined,
    limitMm: f?.limit,
    limitAt: undefined,
    priority: f ? priority(f) : 0,
    finding: f,
    void: voids(flags),
  };
}

/** Builds the drawing for a box of the given size, px. */
export function build(p: Passage, width: number, height: number): View {
  const L = LAYOUT;
  const pos = positions(p);
  const span = pos[pos.length - 1] ?? 0;
  const size = p.size;
  const lengthMm = size && size.length_mm > 0 ? size.length_mm : span + 2600;
  const heightMm = size && size.height_mm > 0 ? size.height_mm : 3600;
  const lim = (q: string): number => ofQuantity(p.findings, q)?.limit ?? 0;
  // One scale for all vehicles of a lane, so that long looks long: 20 m, or what is longer.
  const spanM = Math.max(20_000, lengthMm + 400, Math.min(lim('length'), 24_000)) / 1000;
  const bottom = L.barTop + L.barHeight + 74;
  const ground = Math.round(height - bottom);
  const scaleX = (width - L.left - L.right) / spanM;
  const scaleY = (ground - L.top) / (Math.max(4300, heightMm + 200, lim('height') + 200) / 1000);
  const pxPerM = Math.max(8, Math.min(scaleX, scaleY));
  const x = (mm: number): number => L.left + (mm / 1000) * pxPerM;
  const y = (mm: number): number => ground - (mm / 1000) * pxPerM;
  const overhang = size?.overhang_mm || Math.max(600, Math.min(1450, (lengthMm - span) * 0.45));
  const { units, articulated } = parseCode(p.axle_code, pos.length);

  const pxPerKg = barScale(p, L.barHeight);
  const base = ground + L.barTop + L.barHeight;
  const axles = axleViews(p, pos.map((m) => x(m + overhang)), { ground, pxPerM, pxPerKg, base, width });
  const length = dim(size?.length_mm, size?.u_length_mm, ofQuantity(p.findings, 'length'), size?.flags);
  if (length?.limitMm) length.limitAt = x(length.limitMm);
  const heightDim = dim(size?.height_mm, size?.u_height_mm, ofQuantity(p.findings, 'height'), size?.flags);
  if (heightDim?.limitMm) heightDim.limitAt = y(heightDim.limitMm);
  const outline = outlinePath(p, x, y, lengthMm, heightMm, pos, overhang, units, articulated);
  const gridN = Math.floor((width - L.left - L.right + 6) / pxPerM);
  return {
    width,
    height,
    ground,
    pxPerM,
    x0: x(0),
    tail: x(lengthMm),
    body: outline.path,
    measured: outline.measured,
    units: unitViews(unitBounds(pos, units, overhang, lengthMm, articulated), cabRoof(p, heightMm), x, y),
    grid: Array.from({ length: gridN + 1 }, (_, i) => L.left + i * pxPerM),
    axles,
    placed: !!size?.overhang_mm && (p.axles ?? []).every((a, i) => i === 0 || a.gap_mm > 0),
    groups: groupViews(p, axles),
    bars: { top: ground + L.barTop, base, pxPerKg },
    length,
    heightDim,
    front: frontView(p, width, pxPerM, heightMm),
  };
}

/** All bars share one scale: the largest of loads and limits fills the height. */
function barScale(p: Passage, h: number): number {
  let max = 10_000;
  for (const a of p.axles ?? []) max = Math.max(max, a.mass_kg);
  for (const f of p.findings ?? [])
    if (f.quantity === 'axle' && f.limit !== undefined) max = Math.max(max, f.limit + (f.tolerance ?? 0));
  return h / (max * 1.04);
}

interface Frame {
  ground: number;
  pxPerM: number;
  pxPerKg: number;
  base: number;
  width: number;
}

function axleViews(p: Passage, xs: number[], f: Frame): AxleView[] {
  const bx = spread(xs, LAYOUT.pitch, LAYOUT.left + LAYOUT.pitch / 2, f.width - LAYOUT.right - LAYOUT.pitch / 2);
  const r = (LAYOUT.wheel / 1000) * f.pxPerM;
  return (p.axles ?? []).map((a, i): AxleView => {
    const finding = ofAxle(p.findings, a.axle);
    const lifted = finding?.notes?.includes('lift_axle') === true || (a.mass_kg > 0 && a.mass_kg < 300);
    const limit = finding?.limit;
    return {
      n: a.axle,
      cx: xs[i] ?? 0,
      cy: f.ground - r - (lifted ? r * 0.5 : 0),
      r,
      lifted,
      void: voids(a.flags),
      bx: bx[i] ?? 0,
      massKg: a.mass_kg,
      uKg: a.u_kg || undefined,
      barH: Math.max(0, a.mass_kg * f.pxPerKg),
      limitKg: limit,
      limitY: limit === undefined ? undefined : f.base - limit * f.pxPerKg,
      tolY: limit === undefined ? undefined : f.base - (limit + (finding?.tolerance ?? 0)) * f.pxPerKg,
      priority: finding ? priority(finding) : 0,
      finding,
      gapMm: a.gap_mm,
    };
  });
}

function groupViews(p: Passage, axles: AxleView[]): GroupView[] {
  const out: GroupView[] = [];
  const seen = new Set<string>();
  const push = (from: number, to: number, finding: Finding | undefined): void => {
    const members = axles.filter((a) => a.n >= from && a.n <= to);
    const [first, last] = [members[0], members[members.length - 1]];
    if (!first || !last || members.length < 2 || seen.has(`${from}-${to}`)) return;
    seen.add(`${from}-${to}`);
    out.push({
      from,
      to,
      x1: first.bx - 18,
      x2: last.bx + 18,
      finding,
      massKg: finding?.measured ?? members.reduce((s, a) => s + a.massKg, 0),
      spacingMm: members.slice(1).map((a) => a.gapMm),
      priority: finding ? priority(finding) : 0,
    });
  };
  for (const f of groupFindings(p.findings)) push(f.axles?.[0] ?? 0, f.axles?.[1] ?? 0, f);
  const byNo = new Map<number, number[]>();
  for (const a of p.axles ?? []) if (a.group) byNo.set(a.group, [...(byNo.get(a.group) ?? []), a.axle]);
  for (const ns of byNo.values()) push(Math.min(...ns), Math.max(...ns), undefined);
  return out;
}

function frontView(p: Passage, width: number, pxPerM: number, heightMm: number): View['front'] {
  const w = dim(p.size?.width_mm, p.size?.u_width_mm, ofQuantity(p.findings, 'width'), p.size?.flags);
  if (!w) return undefined;
  const cx = width - LAYOUT.right / 2 + 2;
  if (w.limitMm) w.limitAt = (w.limitMm / 1000) * pxPerM;
  return { cx, w: (w.mm / 1000) * pxPerM, h: (heightMm / 1000) * pxPerM, width: w };
}

type Map1 = (mm: number) => number;

/** Height of the frame under the body. */
const CHASSIS = 950;

/** The measured roof line closed along the frame; without one, a shape after the axles. */
function outlinePath(
  p: Passage,
  x: Map1,
  y: Map1,
  lengthMm: number,
  heightMm: number,
  pos: number[],
  overhang: number,
  units: number[],
  semi: boolean,
): { path: string; measured: boolean } {
  const f = (n: number): string => (Math.round(n * 10) / 10).toString();
  const o = (p.size?.outline ?? []).filter((pt) => pt.z > 0);
  if (o.length >= 8) {
    const top = [...o].sort((a, b) => a.x - b.x);
    const first = top[0] ?? { x: 0, z: 0 };
    const last = top[top.length - 1] ?? first;
    const low = 600;
    const line = top.map((pt) => `L${f(x(pt.x))} ${f(y(Math.max(pt.z, low)))}`).join('');
    return { path: `M${f(x(first.x))} ${f(y(low))}${line}L${f(x(last.x))} ${f(y(low))}Z`, measured: true };
  }
  const cab = Math.min(2300, lengthMm * 0.3);
  const cabTop = Math.min(3300, heightMm - 50);
  const rect = (a: number, b: number, lo: number, hi: number): string =>
    `M${f(x(a))} ${f(y(lo))}V${f(y(hi))}H${f(x(b))}V${f(y(lo))}Z`;
  let path = rect(0, cab, 500, cabTop);
  const bounds = unitBounds(pos, units, overhang, lengthMm, semi);
  bounds.forEach(([a, b], i) => {
    const from = i === 0 ? cab + 250 : a;
    if (i === 0 && semi) {
      // A tractor without a load bed: only its frame shows under the semi-trailer.
      path += rect(cab, b, 750, CHASSIS + 150);
      return;
    }
    path += rect(semi ? Math.max(cab + 350, from) : from, b, CHASSIS, heightMm);
  });
  return { path, measured: false };
}

/** Front and rear end of each unit, mm from the front of the vehicle. */
export function unitBounds(pos: number[], units: number[], overhang: number, lengthMm: number, semi: boolean): [number, number][] {
  if (units.length < 2 || pos.length < 2) return [[0, lengthMm]];
  const k = units[0] ?? 0;
  const lastTractor = (pos[k - 1] ?? 0) + overhang;
  const firstTrailer = (pos[k] ?? lengthMm) + overhang;
  const cut = semi ? Math.min(2650, lastTractor - 500) : Math.min(lastTractor + 1400, (lastTractor + firstTrailer) / 2);
  return [
    [0, semi ? lastTractor + 700 : cut],
    [semi ? cut : cut + 500, lengthMm],
  ];
}

/** Height of the roof over the driver. */
function cabRoof(p: Passage, heightMm: number): number {
  const over = (p.size?.outline ?? []).filter((pt) => pt.x >= 500 && pt.x <= 1300).map((pt) => pt.z);
  return over.length > 0 ? Math.min(...over) : Math.min(3300, heightMm - 50);
}

function unitViews(
  bounds: [number, number][],
  roof: number,
  x: Map1,
  y: Map1,
): View['units'] {
  const f = (n: number): string => (Math.round(n * 10) / 10).toString();
  const [lo, hi] = [Math.min(1750, roof * 0.6), Math.min(2650, roof - 220)];
  const win = `M${f(x(330))} ${f(y(lo))}L${f(x(430))} ${f(y(hi))}H${f(x(1300))}V${f(y(lo))}Z`;
  return bounds.map(([a, b], i) => ({
    x1: x(a),
    x2: x(b),
    window: i === 0 ? win : '',
  }));
}

/** Where the radiation is on the drawing, px; undefined is not known. */
export interface SourceView {
  x: number;
  x1: number;
  x2: number;
  /** Half of what the middle is unsure by. */
  u: number;
  y: number;
  top: number;
  /** Middle of its text, kept inside the vehicle. */
  label: number;
  mm: number;
  uMm: number;
}

/** The height follows the share of the upper panels: these tell low from high, no metres. */
export function sourceAt(p: Passage, v: View): SourceView | undefined {
  const place = p.radiation_place;
  if (!place || v.tail <= v.x0) return undefined;
  const at = (mm: number): number => Math.min(v.tail, Math.max(v.x0, v.x0 + (mm / 1000) * v.pxPerM));
  const roof = ((p.size && p.size.height_mm > 0 ? p.size.height_mm : 3600) / 1000) * v.pxPerM;
  const told = p.radiation && panels(p.radiation).heights ? (p.radiation.analysis?.peak?.high_permille ?? 0) : 0;
  const high = Math.max(-1000, Math.min(1000, told)) / 1000;
  const x = at(place.middle_mm);
  return {
    x,
    x1: at(place.from_mm),
    x2: at(place.to_mm),
    u: (place.u_mm / 1000) * v.pxPerM,
    y: v.ground - roof * (0.5 + 0.28 * high),
    top: v.ground - roof,
    label: Math.max(v.x0 + 66, Math.min(v.tail - 66, x)),
    mm: place.middle_mm,
    uMm: place.u_mm,
  };
}
