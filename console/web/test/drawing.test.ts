import { describe, expect, it } from 'vitest';
import { plan } from '../src/lib/plan';
import { build, LAYOUT, parseCode, sourceAt, spread, unitBounds, voids } from '../src/lib/silhouette';
import type { Passage } from '../src/lib/types';

const axle = (n: number, mass: number, gap: number, extra: object = {}): object => ({ seq: n, axle: n, mass_kg: mass, gap_mm: gap, ...extra });
const lorry = (extra: Partial<Passage> = {}): Passage =>
  ({
    id: 'p', version: 1, lane: '1', direction: 'import', phase: 'awaiting', opened: '', match: { state: 'matched' }, verdict: 'exceeds', final: true, axle_code: 'A2C3',
    axles: [axle(1, 7240, 0), axle(2, 12840, 3650), axle(3, 9180, 5420, { group: 1 }), axle(4, 9420, 1310, { group: 1 }), axle(5, 9350, 1305, { group: 1 })],
    size: { seq: 1, length_mm: 16720, width_mm: 2552, height_mm: 4130 },
    findings: [
      { quantity: 'axle', axles: [2, 2], measured: 12840, tolerance: 257, limit: 10000, unit: 'kg', verdict: 'exceeds' },
      { quantity: 'group', axles: [3, 5], measured: 27950, tolerance: 560, limit: 22500, unit: 'kg', verdict: 'exceeds' },
      { quantity: 'height', measured: 4130, tolerance: 15, limit: 4000, unit: 'mm', verdict: 'exceeds' },
    ],
    ...extra,
  }) as unknown as Passage;

describe('silhouette', () => {
  it('stands at the scale of the lane', () => {
    const v = build(lorry(), 1000, 400);
    expect(v.pxPerM).toBeCloseTo(Math.min((1000 - LAYOUT.left - LAYOUT.right) / 20, (v.ground - LAYOUT.top) / 4.33), 6);
    expect((v.tail - v.x0) / v.pxPerM).toBeCloseTo(16.72, 6);
    const [a, b] = v.axles;
    expect(((b?.cx ?? 0) - (a?.cx ?? 0)) / v.pxPerM).toBeCloseTo(3.65, 6);
    expect(v.heightDim?.limitAt).toBeCloseTo(v.ground - 4 * v.pxPerM, 6);
  });

  it('keeps equal scale for a short vehicle, and shrinks only for one beyond twenty metres', () => {
    const short = build(lorry({ size: { seq: 1, length_mm: 8000, width_mm: 2500, height_mm: 3500 }, axle_code: 'A2', findings: [] }), 760, 352);
    const long = build(lorry({ size: { seq: 1, length_mm: 16000, width_mm: 2500, height_mm: 3500 }, findings: [] }), 760, 352);
    const huge = build(lorry({ size: { seq: 1, length_mm: 24000, width_mm: 2500, height_mm: 3500 }, findings: [] }), 760, 352);
    expect(short.pxPerM).toBe(long.pxPerM);
    expect(huge.pxPerM).toBeLessThan(long.pxPerM);
    expect(huge.tail).toBeLessThanOrEqual(760 - LAYOUT.right + 1);
  });

  it('puts the source where it is along the vehicle, higher where the upper panels see more', () => {
    const at = (high: number, place: object = {}): ReturnType<typeof sourceAt> => {
      const p = lorry({ radiation_place: { middle_mm: 10_000, from_mm: 8000, to_mm: 20_000, u_mm: 500, by: 'speed', ...place }, radiation: { background_cps: [1, 1, 1, 1], analysis: { peak: { high_permille: high } } } as never });
      return sourceAt(p, build(p, 1000, 400));
    };
    const v = build(lorry(), 1000, 400);
    const s = at(0);
    expect(s?.x).toBeCloseTo(v.x0 + 10 * v.pxPerM, 6);
    expect((s?.x ?? 0) - (s?.x1 ?? 0)).toBeCloseTo(2 * v.pxPerM, 6);
    expect(s?.x2).toBe(v.tail); // no farther than the vehicle
    expect(s?.u).toBeCloseTo(0.5 * v.pxPerM, 6);
    expect(at(800)?.y).toBeLessThan(s?.y ?? 0);
    expect(at(-5000)?.y).toBe(at(-1000)?.y);
    expect(sourceAt(lorry(), v)).toBeUndefined();
  });

  it('draws loads and limits on one scale, tolerance above the limit', () => {
    const v = build(lorry(), 1000, 400);
    const a = v.axles[1];
    expect(a?.barH).toBeCloseTo(12840 * v.bars.pxPerKg, 6);
    expect(a?.limitY).toBeCloseTo(v.bars.base - 10000 * v.bars.pxPerKg, 6);
    expect((a?.limitY ?? 0) - (a?.tolY ?? 0)).toBeCloseTo(257 * v.bars.pxPerKg, 6);
    expect(a?.barH ?? 0).toBeLessThanOrEqual(LAYOUT.barHeight);
    expect(a?.priority).toBe(2);
    expect(v.axles[0]?.limitY).toBeUndefined();
  });

  it('brackets a group once, with the sum that was judged', () => {
    const v = build(lorry(), 1000, 400);
    expect(v.groups).toHaveLength(1);
    expect(v.groups[0]).toMatchObject({ from: 3, to: 5, massKg: 27950, spacingMm: [1310, 1305], priority: 2 });
    const bare = build(lorry({ findings: [] }), 1000, 400);
    expect(bare.groups[0]).toMatchObject({ from: 3, to: 5, massKg: 27950, priority: 0 });
  });

  it('pulls close bars apart and keeps them in order inside the drawing', () => {
    const xs = spread([100, 120, 140, 600], 46, 30, 700);
    for (let i = 1; i < xs.length; i++) expect((xs[i] ?? 0) - (xs[i - 1] ?? 0)).toBeGreaterThanOrEqual(45.8);
    expect(((xs[0] ?? 0) + (xs[2] ?? 0)) / 2).toBeCloseTo(120, 0);
    expect(spread([10, 12], 46, 30, 700)[0]).toBeGreaterThanOrEqual(29.9);
  });

  it('marks void values and lifted axles', () => {
    const v = build(lorry({ axles: [axle(1, 7000, 0, { flags: ['overlap'] }), axle(2, 120, 3600, { flags: ['simulated'] })] as never }), 800, 360);
    expect(v.axles.map((a) => [a.void, a.lifted])).toEqual([[true, false], [false, true]]);
    expect(voids(['rollback', 'clock_unset'])).toBe(false);
  });

  it('uses the measured roof line where there is one, and survives an empty passage', () => {
    const outline = Array.from({ length: 20 }, (_, i) => ({ x: i * 880, z: 3000 }));
    expect(build(lorry({ size: { seq: 1, length_mm: 16720, width_mm: 2552, height_mm: 3000, outline } }), 800, 360).measured).toBe(true);
    const empty = build(lorry({ axles: undefined, size: undefined, findings: undefined, axle_code: undefined }), 800, 360);
    expect(empty.axles).toEqual([]);
    expect(empty.length).toBeUndefined();
    expect(JSON.stringify(empty)).not.toContain('null');
  });

  it('reads the axle codes of the weight certificate', () => {
    expect(parseCode('A2C3', 5)).toEqual({ units: [2, 3], articulated: true });
    expect(parseCode('A3*T3', 6)).toEqual({ units: [3, 3], articulated: false });
    expect(parseCode('A4*', 4)).toEqual({ units: [4], articulated: false });
    expect(parseCode('nonsense', 3)).toEqual({ units: [3], articulated: false });
    const [[a0, a1], [b0, b1]] = unitBounds([0, 3650, 9070, 10380, 11685], [2, 3], 1400, 16720, true) as [[number, number], [number, number]];
    expect([a0, b1]).toEqual([0, 16720]);
    expect(b0).toBeLessThan(a1);
  });
});

describe('plan', () => {
  const outline = Array.from({ length: 84 }, (_, i) => ({ x: i * 200, z: 4000, l: i === 3 ? -1600 : -1350, r: i === 3 ? 1400 : 1150 }));
  const size = { seq: 1, length_mm: 16720, width_mm: 2500, height_mm: 4000, raw_width_mm: 3000, outline };
  const width = (limit: number, verdict: string): object => ({ quantity: 'width', measured: 2500, limit, unit: 'mm', verdict });

  it('stands under the silhouette: same scale, same front, same axles', () => {
    const p = lorry({ size: { ...size, overhang_mm: 1400 } as never, findings: [width(2600, 'within')] as never });
    const side = build(p, 760, 352);
    const v = plan(p, 760);
    expect(v?.x0).toBe(side.x0);
    expect(v?.tail).toBeCloseTo(side.tail, 0);
    expect(v?.wheels).toHaveLength(2 * side.axles.length);
    expect((v?.wheels[0]?.x ?? 0) + (v?.wheels[0]?.w ?? 0) / 2).toBeCloseTo(side.axles[0]?.cx ?? 0, 0);
    expect(((v?.limits?.[1] ?? 0) - (v?.limits?.[0] ?? 0)) / side.pxPerM).toBeCloseTo(2.6, 1);
    expect(v?.rawMm).toBe(3000);
    // Where the body is as wide as measured, in the middle of the drawing, not at the mirrors.
    expect(((v?.at.y2 ?? 0) - (v?.at.y1 ?? 0)) / side.pxPerM).toBeCloseTo(2.5, 1);
    expect((v?.at.y1 ?? 0) + (v?.at.y2 ?? 0)).toBeCloseTo(2 * (v?.middle ?? 0), 0);
  });

  it('marks what stands out only where a limit was judged to be exceeded', () => {
    expect(plan(lorry({ size: size as never, findings: [width(2400, 'within')] as never }), 760)?.excess).toEqual([]);
    expect(plan(lorry({ size: size as never, findings: [width(2400, 'exceeds')] as never }), 760)?.excess).toHaveLength(4); // not at the mirrors
    const long = plan(lorry({ size: size as never, findings: [{ quantity: 'length', limit: 16000, verdict: 'exceeds' }] as never }), 760);
    expect(long?.excess).toHaveLength(1);
    expect(long?.lengthLimit).toBeLessThan(long?.tail ?? 0);
  });

  it('draws no axle at a place that nobody measured, and nothing without sides', () => {
    expect(plan(lorry({ size: size as never }), 760)?.wheels).toEqual([]);
    expect(plan(lorry({ size: { ...size, outline: outline.map(({ x, z }) => ({ x, z })) } as never }), 760)).toBeUndefined();
    expect(plan(lorry({ size: undefined }), 760)).toBeUndefined();
  });
});
