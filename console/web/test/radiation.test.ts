import { describe, expect, it } from 'vitest';
import { rings, Silence, type Ring } from '../src/lib/alarms';
import { alarming, magnitude, panels, small } from '../src/lib/magnitude';
import { BOX, chart, ticks } from '../src/lib/radchart';
import { along, axlesAt, interval, profile, toSigma, where } from '../src/lib/radiation';
import { voice } from '../src/lib/sound';
import type { Alarm, LaneState, Occupancy, Passage } from '../src/lib/types';

const occ = (slices: Occupancy['slices'], extra: Partial<Occupancy> = {}): Occupancy => ({ occupancy: 1, start: '', open: false, slices, background_cps: [400, 400, 400, 400], has_background: true, neutron_background_mcps: 0, vendor_alarm: false, gamma_alarm: false, neutron_alarm: false, max_milli_sigma: 0, suppression_max_permille: 0, ...extra });
const slice = (i: number, per: number, extra: object = {}): { t_ms: number; g: number[]; z: number } => ({ t_ms: i * 200, g: [per, per, per, per], z: 0, ...extra });
const flat = (n: number, from = -5): { t_ms: number; g: number[]; z: number }[] => Array.from({ length: n }, (_, i) => slice(i + from, 80));
const lorry = (o: Occupancy, extra: Partial<Passage> = {}): Passage =>
  ({ id: 'p', radiation: o, size: { seq: 1, length_mm: 16000, width_mm: 2500, height_mm: 4000, overhang_mm: 1400 }, axles: [{ axle: 1, gap_mm: 0 }, { axle: 2, gap_mm: 3600 }, { axle: 3, gap_mm: 5400 }], ...extra }) as unknown as Passage;

describe('radiation profile', () => {
  it('sums one second, so that it compares with counts a second, and stands at its middle', () => {
    const p = profile(occ(flat(10, 0), { threshold_milli_sigma: 5000 }));
    expect(p.sum.cps[4]).toBe(1600);
    expect(p.sum.bg).toBe(1600);
    expect(p.sd).toBe(40);
    expect(p.threshold).toBe(1800);
    expect(p.ratio).toBe(1);
    expect(p.left.cps[9]).toBe(800);
    // The window of slices 5..9 covers 0.8 s to 1.8 s.
    expect(p.t[9]).toBeCloseTo(1.3, 9);
    expect(p.short).toBe(4);
    expect(p.sum.cps[0]).toBe(1600); // one slice alone, a fifth of a second
  });

  it('does not mistake the jitter of a gateway for another slice', () => {
    const at = [-1000, -800, -600, -400, -200, 0, 194, 371, 578, 801, 1003];
    const p = profile(occ(at.map((t_ms) => ({ t_ms, g: [80, 80, 80, 80], z: 0 }))));
    expect(p.sum.cps[10]).toBe(1600);
  });

  it('has no threshold, no ratio and no expectation without a background', () => {
    const p = profile(occ([slice(0, 80)], { has_background: false, threshold_milli_sigma: 5000, analysis: { alarm: false, tests: [], expected_permille: [900], net_cps: 0, net_permille: 0 } }));
    expect(p.threshold).toBeUndefined();
    expect(p.ratio).toBeUndefined();
    expect(p.expected).toBeUndefined();
  });

  it('puts our threshold over what the shadow leaves, and the portal\'s over the background', () => {
    const tests = [{ name: 'template', milli_sigma: 3000, threshold_milli_sigma: 4000, alarm: false, t_ms: 0 }];
    const a = { alarm: false, tests, expected_permille: Array(10).fill(640), net_cps: 0, net_permille: 0 };
    const p = profile(occ(flat(10, 0), { threshold_milli_sigma: 5000, analysis: a }));
    expect(p.expected?.[9]).toBeCloseTo(1024, 6);
    expect(p.own?.[9]).toBeCloseTo(1024 + 4 * 32, 6);
    expect(p.threshold).toBe(1800);
    const not = profile(occ(flat(10, 0), { analysis: { ...a, tests: [{ ...tests[0], reason: 'too short' } as never] } }));
    expect(not.own).toBeUndefined();
    // An expectation of other slices is of no use.
    expect(profile(occ(flat(9, 0), { analysis: a })).expected).toBeUndefined();
  });

  it('stands on the plausible background where the guard has spoken; the portal stays on its own', () => {
    const p = profile(occ(flat(10, 0), { threshold_milli_sigma: 5000, background_guard: true, guard_background_cps: [500, 500, 500, 500] }));
    expect(p.sum.bg).toBe(2000);
    expect(p.threshold).toBe(1800);
  });

  it('keeps the portal\'s alarms and ours apart, and joins slices to spans', () => {
    const s = Array.from({ length: 12 }, (_, i) => slice(i, 1, [6, 7].includes(i) ? { a: true, v: true } : i > 9 ? { a: true } : {}));
    const p = profile(occ(s));
    const at = (by: string): number[][] => p.spans.filter((x) => x.by === by).map((x) => [Math.round(x.from * 1000), Math.round(x.to * 1000)]);
    expect(at('portal')).toEqual([[600, 1000]]); // the middles of the windows that ended at 1.2 s and 1.4 s
    expect(at('own')).toEqual([[600, 1000], [1400, 1800]]);
    const found = profile(occ(flat(20, 0), { analysis: { alarm: true, tests: [{ name: 'template', milli_sigma: 6000, threshold_milli_sigma: 4000, alarm: true, t_ms: 3000 }], net_cps: 0, net_permille: 0 } }));
    expect(found.spans).toEqual([{ from: 2, to: 3, by: 'own' }]);
  });

  it('keeps to the usual slice where one is lost, and works without slices', () => {
    expect(interval([0, 200, 400, 1000, 1200])).toBe(200);
    expect(profile(occ(undefined)).t).toEqual([]);
    const thin = profile(occ([slice(0, 80), slice(7, 80), slice(14, 100)], { thinned: 7 }));
    expect(thin.sum.cps).toEqual([1600, 1600, 2000]);
    expect(thin.short).toBe(0);
  });

  it('leaves neutrons whole and says whose alarm it is', () => {
    const p = profile(occ(flat(11), { neutron: [{ t_ms: 1000, n: [1, 0, 2, 0] }, { t_ms: 2000, n: [0, 9, 0, 0], a: true }, { t_ms: 3000, n: [4, 0, 0, 0], v: true }] }));
    expect(p.neutron.map((b) => [b.from, b.to, b.n, b.own, b.portal])).toEqual([[0, 1, 3, false, false], [1, 2, 9, true, false], [2, 3, 4, false, true]]);
    expect(p.to).toBe(3);
  });
});

describe('a record with a hole', () => {
  const holed = [...flat(10, 0), ...Array.from({ length: 10 }, (_, i) => slice(i + 25, 160))];

  it('sums no window over it, and draws no line', () => {
    const p = profile(occ(holed));
    expect(p.gaps).toEqual([10]);
    expect(p.sum.cps[9]).toBe(1600);
    expect(p.sum.cps[10]).toBe(3200); // its own slice alone, not the four before the hole
    expect(p.t[10]).toBeCloseTo(4.9, 9);
    const c = chart(p, undefined, { width: 700, height: 220, sigmas: false });
    expect(c.sum.match(/M/g)?.length).toBe(2);
    expect(c.gaps.length).toBe(1);
    expect(profile(occ(flat(20, 0))).gaps).toEqual([]);
  });

  it('is of no use for a place', () => {
    const analysis = { alarm: true, tests: [], net_cps: 1, net_permille: 1, peak: { t_ms: 1000, from_t_ms: 500, to_t_ms: 1500, side_permille: 0, high_permille: 0, shape: 'compact' } };
    expect(where(lorry(occ(holed, { analysis } as never)))).toBeDefined();
    expect(where(lorry(occ(holed, { analysis, truncated: true } as never)))).toBeUndefined();
  });
});

describe('a portal that gives one sum', () => {
  it('says neither side nor height', () => {
    const analysis = { alarm: true, tests: [], net_cps: 1, net_permille: 1, peak: { t_ms: 1000, from_t_ms: 500, to_t_ms: 1500, side_permille: -1000, high_permille: -1000, shape: 'compact' } };
    const one = occ([{ t_ms: 0, g: [300, 0, 0, 0], z: 0 }], { background_cps: [1600, 0, 0, 0], analysis } as never);
    expect(panels(one)).toEqual({ sides: false, heights: false });
    expect(where(lorry(one))).toMatchObject({ side: undefined, high: undefined });
    expect(panels(occ(flat(1)))).toEqual({ sides: true, heights: true });
    expect(panels(occ([], { background_cps: [800, 0, 800, 0] }))).toEqual({ sides: true, heights: false });
  });
});

describe('place along the vehicle', () => {
  const peak = { t_ms: 6000, from_t_ms: 5000, to_t_ms: 7000, side_permille: -600, high_permille: 300, shape: 'compact' as const };
  const analysis = { alarm: true, tests: [], net_cps: 0, net_permille: 0, peak };

  it('comes from the speed, from the front on', () => {
    const w = along(lorry(occ(flat(10), { speed_mms: 2000 })));
    expect(w?.m(0)).toBe(0);
    expect(w?.m(3)).toBe(6);
    expect(w?.s(6)).toBe(3);
    expect(w?.lengthM).toBe(16);
  });

  it('stands where the server has placed the peak', () => {
    const p = lorry(occ(flat(10), { speed_mms: 2000, analysis }), { radiation_place: { middle_mm: 11500, from_mm: 9500, to_mm: 13500, u_mm: 400, by: 'length' } });
    const w = along(p);
    expect(w?.m(6)).toBeCloseTo(11.5, 9);
    expect(w?.m(7)).toBeCloseTo(13.5, 9);
    const slow = along({ ...p, radiation: occ(flat(10), { analysis }) });
    expect(slow?.m(7)).toBeCloseTo(13.5, 9); // from the peak's own width where no speed is known
  });

  it('comes from the length between front and rear where that is known, as the server has it', () => {
    const o = occ(flat(60), { speed_mms: 1500, start: '2026-03-04T03:00:00Z', end: '2026-03-04T03:00:10.200Z', live_t_ms: 200, hold_ms: 2000, analysis });
    const w = along(lorry(o)); // 16 m in 8 s
    expect(w?.m(0.2)).toBeCloseTo(0, 9);
    expect(w?.m(8.2)).toBeCloseTo(16, 9);
    const kept = along(lorry(o, { radiation_place: { middle_mm: 16000, from_mm: 15000, to_mm: 16000, u_mm: 400, by: 'length' } }));
    expect(kept?.m(8.2)).toBeCloseTo(16, 9);
    expect(along(lorry({ ...o, open: true }))?.m(8.2)).toBeCloseTo(12, 9); // while it is in the portal, by its speed
    // Another pass goes by its own times.
    const again = occ(flat(60), { start: '2026-03-04T03:05:00Z', end: '2026-03-04T03:05:18.200Z', live_t_ms: 200, hold_ms: 2000 });
    expect(along(lorry(o), again)?.m(16.2)).toBeCloseTo(16, 9);
  });

  it('is not known without a credible speed', () => {
    expect(along(lorry(occ(flat(10))))).toBeUndefined();
    expect(along(lorry(occ(flat(10), { speed_mms: 20 })))).toBeUndefined();
    expect(along(lorry(occ(flat(10), { speed_mms: 90_000 })))).toBeUndefined();
    expect(axlesAt(lorry(occ(flat(10))))).toEqual([1.4, 5, 10.4]);
    expect(axlesAt(lorry(occ(flat(10)), { size: undefined }))).toEqual([]);
  });

  it('has words: along, left or right, low or high', () => {
    const at = (mm: number, more: object = {}): unknown => where(lorry(occ(flat(10), { analysis: { ...analysis, peak: { ...peak, ...more } } }), { radiation_place: { middle_mm: mm, from_mm: mm - 500, to_mm: mm + 900, u_mm: 400, by: 'speed' } }));
    expect(at(1500)).toEqual({ along: 'cab', side: 'left', high: 'high', widthM: 1.4 });
    expect(at(4000, { side_permille: 600, high_permille: -700 })).toMatchObject({ along: 'front', side: 'right', high: 'low' });
    expect(at(9000, { side_permille: 100, high_permille: 0 })).toMatchObject({ along: 'middle', side: 'centre', high: 'half' });
    expect(at(15000)).toMatchObject({ along: 'rear' });
    expect(where(lorry(occ(flat(10), { analysis })))).toMatchObject({ along: undefined, side: 'left', widthM: undefined });
    expect(where(lorry(occ(flat(10))))).toBeUndefined();
  });
});

describe('radiation chart', () => {
  const size = { width: 800, height: 270, sigmas: false };
  const o = occ([...flat(60)], { speed_mms: 2000, threshold_milli_sigma: 5000 });
  const p = lorry(o);

  it('shows the background before the entry, and no band after it', () => {
    const c = chart(profile(o), undefined, size);
    expect(c.band?.x).toBe(BOX.left);
    expect((c.band?.x ?? 0) + (c.band?.w ?? 0)).toBeCloseTo(c.x(0), 6);
    expect(c.band?.w).toBeGreaterThan(50);
    expect(c.band?.h).toBeCloseTo(c.y(1560, 1600) - c.y(1640, 1600), 6);
    expect(c.bgY).toBe(c.y(1600, 1600));
  });

  it('aligns metres with the vehicle', () => {
    const c = chart(profile(o), along(p), size);
    expect(c.x(0)).toBeLessThan(c.x(8)); // 8 s are its 16 m
    expect(c.xTicks.some((t) => t.v === 0 && Math.abs(t.at - c.x(0)) < 0.2)).toBe(true);
    const ten = c.xTicks.find((t) => t.v === 10);
    expect(ten?.at).toBeCloseTo(c.x(5), 0);
    const live = chart(profile(occ(flat(12), { open: true })), along(lorry(occ(flat(12), { open: true, speed_mms: 2000 }))), size);
    expect(live.x(8)).toBeLessThanOrEqual(size.width - BOX.right + 0.1); // room for what is still to come
  });

  it('has zero sigma at each trace\'s own background, and thresholds in view', () => {
    const c = chart(profile(o), undefined, { ...size, sigmas: true });
    expect(c.y(1600, 1600)).toBe(c.y(800, 800));
    expect(toSigma(1800, 1600)).toBe(5);
    expect(c.thresholdY).toBeGreaterThan(c.top);
    expect(c.thresholdY).toBeLessThan(c.bgY ?? 0);
  });

  it('gives a row to each who has alarmed, and to no other', () => {
    expect(chart(profile(o), undefined, size).rows).toEqual({ portal: undefined, own: undefined });
    const both = occ(flat(60).map((s, i) => (i > 30 && i < 36 ? { ...s, a: true, v: true } : s)));
    const c = chart(profile(both), undefined, size);
    expect(c.rows).toEqual({ portal: 0, own: BOX.row });
    expect(c.top).toBeGreaterThanOrEqual(2 * BOX.row);
    const only = occ(flat(60).map((s, i) => (i > 30 && i < 36 ? { ...s, a: true } : s)));
    expect(chart(profile(only), undefined, size).rows).toEqual({ portal: undefined, own: 0 });
  });

  it('lays another pass over it in metres only', () => {
    const extra = { label: 'before', m: [0, 8, 16], sum: { cps: [1600, 1700, 1600], bg: 1600 } };
    expect(chart(profile(o), undefined, size, [extra]).others).toEqual([]);
    const c = chart(profile(o), along(p), size, [extra]);
    expect(c.others[0]?.path.startsWith(`M${c.x(0)} `)).toBe(true);
  });

  it('draws neutrons as whole counts below, and reads the nearest window', () => {
    const n = occ(flat(30), { neutron: [{ t_ms: 1000, n: [2, 0, 0, 0] }, { t_ms: 2000, n: [0, 4, 0, 0], a: true }] });
    const c = chart(profile(n), undefined, size);
    const [a, b] = c.neutron?.bars ?? [];
    expect((b?.h ?? 0) / (a?.h ?? 1)).toBeCloseTo(2, 1);
    expect(c.neutron?.base).toBe(size.height - BOX.axis);
    expect(c.bottom).toBeLessThan(c.neutron?.top ?? 0);
    expect(c.bottom).toBe(size.height - BOX.axis - BOX.neutronAlarm);
    expect(c.nearest(c.x(2))).toBe(profile(n).t.findIndex((t) => t >= 1.85));
  });

  it('marks the axes with round numbers', () => {
    expect(ticks(-3.1, 17, 11)).toEqual([-2, 0, 2, 4, 6, 8, 10, 12, 14, 16]);
    expect(ticks(0, 2400, 5)).toEqual([0, 500, 1000, 1500, 2000]);
    expect(ticks(0, 3, 9)).toEqual([0, 1, 2, 3]);
    expect(ticks(1, 1, 5)).toEqual([]);
  });
});

describe('magnitude', () => {
  it('comes from the summary, so that it is known of lanes without slices', () => {
    expect(magnitude(occ(undefined, { max_milli_sigma: 40_000, group: 'sum' }))).toBeCloseTo(2, 9); // 40 σ of √1600
    expect(magnitude(occ(undefined, { max_milli_sigma: 20_000, group: 'p1' }))).toBeCloseTo(2, 9); // 20 σ of √400
    expect(magnitude(occ(undefined, { max_milli_sigma: -2_147_483_648 }))).toBe(1);
    expect(magnitude(occ(undefined, { analysis: { alarm: true, tests: [], net_cps: 0, net_permille: 1500 } }))).toBe(2.5);
    expect(magnitude(occ(undefined, { has_background: false, max_milli_sigma: 9000 }))).toBeUndefined();
  });

  it('knows an alarm of anybody', () => {
    expect(alarming(undefined)).toBe(false);
    expect(alarming(occ([]))).toBe(false);
    for (const x of [{ vendor_alarm: true }, { gamma_alarm: true }, { neutron_alarm: true }, { analysis: { alarm: true, tests: [], net_cps: 0, net_permille: 0 } }]) expect(alarming(occ([], x))).toBe(true);
    expect(small(occ(flat(3)), 100, 50)).toMatch(/^M0\.0 .*L50\.0 .*L100\.0 /);
    expect(small(occ(undefined), 100, 50)).toBe('');
  });
});

describe('the voice of a radiation alarm', () => {
  it('rises, quickens and comes sooner with the logarithm of the ratio', () => {
    const list = [1, 1.2, 2, 4, 8, 16, 32, 64].map((r) => voice(r, false, true));
    for (let i = 1; i < list.length; i++) {
      const [a, b] = [list[i - 1], list[i]] as [(typeof list)[0], (typeof list)[0]];
      expect(b.tones[0]).toBeGreaterThan(a.tones[0] ?? 0);
      expect(b.every).toBeLessThan(a.every);
      expect(b.len).toBeLessThan(a.len);
      expect(b.tones.length).toBeGreaterThanOrEqual(a.tones.length);
    }
    const pitch = (r: number): number => Math.log(voice(r, false, true).tones[0] ?? 0);
    expect(pitch(8) - pitch(4)).toBeCloseTo(pitch(4) - pitch(2), 2); // equal steps for equal factors
    expect(voice(64, false, true)).toEqual(voice(5000, false, true));
    expect(voice(undefined, false, true)).toEqual(voice(1, false, true));
    expect(voice(0.4, false, true)).toEqual(voice(1, false, true));
  });

  it('has for neutrons a pattern of its own, whatever the gamma ratio', () => {
    const n = voice(1, true, true);
    expect(n).toEqual(voice(40, true, true));
    expect(new Set(n.tones).size).toBe(2);
    for (const r of [1, 3, 10, 64]) expect(new Set(voice(r, false, true).tones).size).toBe(1);
  });

  it('is never off, only lower; and its phrase ends before it begins again', () => {
    for (const neutron of [false, true])
      for (const r of [1, 8, 64]) {
        const [on, off] = [voice(r, neutron, true), voice(r, neutron, false)];
        expect(off.gain).toBeGreaterThan(0.03);
        expect(off.gain).toBeLessThan(on.gain);
        expect(off.tones).toEqual(on.tones);
        expect(on.tones.length * on.len * 1.15 * 1000).toBeLessThan(on.every);
      }
  });
});

describe('silence', () => {
  const alarm = (id: string, extra: Partial<Alarm> = {}): Alarm => ({ id, kind: 'passage', priority: 1, passage: id, text: 'gamma alarm', since: '', last: '', count: 1, version: 1, state: 'B', active: true, ...extra });
  const lane = (...alarms: Alarm[]): LaneState => ({ lane: '1', version: 1, mode: 'simulator', open: true, barrier: 'closed', light: 'red', devices: [], updated: '', alarms });
  const of: Record<string, Passage> = {
    strong: lorry(occ(undefined, { gamma_alarm: true, max_milli_sigma: 80_000 })),
    weak: lorry(occ(undefined, { gamma_alarm: true, max_milli_sigma: 6000 })),
    neutron: lorry(occ(undefined, { neutron_alarm: true, max_milli_sigma: 1000 })),
  };
  const get = (id: string | undefined): Passage | undefined => of[id ?? ''];

  it('hears neutrons first, then the larger ratio, then what is no radiation', () => {
    const list = rings([lane(alarm('belt', { text: 'left', passage: 'x' }), alarm('weak'), alarm('strong'), alarm('neutron'), alarm('seen', { state: 'C' }), alarm('low', { priority: 2 }))], get);
    expect(list.map((r) => [r.id, r.radiation, r.neutron])).toEqual([['neutron', true, true], ['strong', true, false], ['weak', true, false], ['belt', false, false]]);
    // Where the passage is not here, the alarm's own words count.
    expect(rings([lane(alarm('far', { text: 'neutron alarm', passage: 'gone' }))], get)[0]).toMatchObject({ radiation: true, neutron: true, ratio: undefined });
    expect(rings([lane(alarm('far', { text: 'exceeds', details: 'radiation, gross', passage: 'gone' }))], get)[0]).toMatchObject({ radiation: true, neutron: false });
  });

  it('is of one alarm, and ends when that alarm is raised again or gets worse', () => {
    const r = (id: string, extra: Partial<Ring> = {}): Ring => ({ id, radiation: true, neutron: false, ratio: 2, count: 1, ...extra });
    const s = new Silence();
    s.silence(r('a'));
    expect(s.has(r('a'))).toBe(true);
    expect(s.has(r('b'))).toBe(false);
    expect(s.has(r('a', { ratio: 2.2 }))).toBe(true);
    expect(s.has(r('a', { ratio: 2.6 }))).toBe(false);
    expect(s.has(r('a', { neutron: true }))).toBe(false);
    expect(s.has(r('a', { count: 2 }))).toBe(false);
    s.silence(r('a', { neutron: true, ratio: 3, count: 2 }));
    expect(s.has(r('a', { neutron: true, ratio: 3, count: 2 }))).toBe(true);
  });
});
