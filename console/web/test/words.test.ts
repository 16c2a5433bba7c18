import { beforeAll, describe, expect, it } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import en1 from '../src/lib/i18n/en';
import kk1 from '../src/lib/i18n/kk';
import ru1 from '../src/lib/i18n/ru';
import en2 from '../src/lib/i18n/later-en';
import kk2 from '../src/lib/i18n/later-kk';
import ru2 from '../src/lib/i18n/later-ru';
import { fill, i18n } from '../src/lib/i18n.svelte';
import { age, Fmt, NONE, zoneOffset } from '../src/lib/fmt';
import { arithmetic, chips, priority, ranked, tolerated } from '../src/lib/findings';
import { against, brief, evidence, reason, refusal } from '../src/lib/words';
import { rows } from '../src/lib/compare';
import { parse } from '../src/lib/router.svelte';
import type { Finding, Passage } from '../src/lib/types';

const [en, kk, ru] = [{ ...en1, ...en2 }, { ...kk1, ...kk2 }, { ...ru1, ...ru2 }];
const src = join(import.meta.dirname, '..', 'src');
const files = (dir: string): string[] => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? files(join(dir, e.name)) : [join(dir, e.name)]));
const axle: Finding = { quantity: 'axle', axles: [2, 2], measured: 12400, tolerance: 530, limit: 10500, unit: 'kg', verdict: 'exceeds', excess: 1370, excess_bp: 1305 };

const root = join(import.meta.dirname, '..', '..', '..');

describe('catalogues', () => {
  it('have a word for every note that a finding can have', () => {
    const names = /noteNames = [^]*?\n}/.exec(readFileSync(join(root, 'fusion/rules/note.go'), 'utf8'))?.[0] ?? '';
    const codes = [...names.matchAll(/^\t"(\w+)"/gm)].map((m) => m[1] ?? '');
    expect(codes.length).toBeGreaterThan(15);
    for (const code of codes) expect(Object.keys(en), code).toContain(`note.${code}`);
  });

  it('have a word for what is said of radioactive goods', () => {
    const [, ...lines] = readFileSync(join(root, 'internal/rulepack/data/radioactive_goods.csv'), 'utf8').trim().split('\n');
    for (const l of lines) {
      const rule = l.split(',')[3] ?? '';
      // "same" points to the row above; the table itself must say it.
      if (rule !== 'same') expect(Object.keys(en)).toContain(`note.${rule.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`);
    }
  });

  it('have the same keys, none of them empty', () => {
    expect(Object.keys(ru)).toEqual(Object.keys(en));
    expect(Object.keys(kk)).toEqual(Object.keys(en));
    for (const c of [en, ru, kk]) expect(Object.entries(c).filter(([, v]) => v.trim() === '')).toEqual([]);
  });

  it('say nothing twice', () => {
    expect(Object.keys(en).length).toBe(Object.keys(en1).length + Object.keys(en2).length);
  });

  it('use the same placeholders', () => {
    const holes = (s: string): string => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join();
    for (const [k, v] of Object.entries(en)) {
      expect(holes(ru[k as keyof typeof en]), k).toBe(holes(v));
      expect(holes(kk[k as keyof typeof en]), k).toBe(holes(v));
    }
  });

  it('know every key that the page asks for', () => {
    for (const f of files(src)) {
      if (f.includes('i18n')) continue;
      for (const m of readFileSync(f, 'utf8').matchAll(/\bt\('([a-z0-9_.]+)'/g)) expect(en, `${f}: ${m[1]}`).toHaveProperty([m[1] ?? '']);
    }
  });

  it('are the only place with words: no component has its own', () => {
    for (const f of files(join(src, 'components')).concat(join(src, 'App.svelte'))) {
      const text = readFileSync(f, 'utf8');
      const markup = text.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style[\s\S]*?<\/style>/g, '').replace(/<!--[\s\S]*?-->/g, '');
      expect(markup, f).not.toMatch(/[\u0400-\u04ff]/);
      const bare = markup.replace(/&\w+;/g, ' ').replace(/\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, '').replace(/<[^>]*>/g, ' ');
      // Units of axes and key names are no words.
      expect(bare.match(/[A-Za-z]{4,}/g) ?? [], f).toEqual([]);
    }
  });

  it('have all letters of Kazakh', () => {
    const all = Object.values(kk).join('').toLowerCase();
    for (const c of 'әғқңөұүі') expect(all).toContain(c);
  });

  it('fill what is named and leave the rest', () => {
    expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}');
  });
});

describe('formats', () => {
  const ru5 = new Fmt('ru', 'Asia/Almaty');
  const sp = (s: string): string => s.replace(/[\u00a0\u202f]/g, ' ');
  it('write tonnes, metres and speeds in each language', () => {
    expect(ru5.t(12400)).toBe('12,40');
    expect(new Fmt('en', 'UTC').t(12400)).toBe('12.40');
    expect(new Fmt('kk', 'UTC').t(12400)).toBe('12,40');
    expect(sp(ru5.int(1234567))).toBe('1 234 567');
    expect(ru5.m(16480)).toBe('16,48');
    expect(ru5.kmh(1420)).toBe('5,1');
    expect(ru5.t(-20)).toBe('−0,02');
  });
  it('never show the unknown as a number', () => {
    for (const s of [ru5.t(undefined), ru5.int(NaN), ru5.m(undefined), ru5.clock(undefined), ru5.clock('0001-01-01T00:00:00Z'), ru5.clock('nonsense'), ru5.percent(undefined), age(undefined), age(Infinity)]) expect(s).toBe(NONE);
    expect(ru5.kmh(0)).toBe(NONE);
  });
  it('show Kazakhstan time of a UTC stamp', () => {
    expect(ru5.clockMs('2026-03-04T22:11:12.345Z')).toBe('03:11:12.345');
    expect(ru5.date('2026-03-04T22:11:12Z')).toBe('05.03.2026');
    expect(zoneOffset('Asia/Almaty', new Date('2026-03-04'))).toBe('+05:00');
    expect(new Fmt('ru', 'No/Where').clock('2026-03-04T22:11:12Z')).toBe('03:11:12');
  });
  it('never round a probability up to certainty', () => {
    expect(new Fmt('en', 'UTC').posterior(0.9999999)).toBe('99.999 %');
    expect(new Fmt('en', 'UTC').posterior(1)).toBe('100.0 %');
    expect(new Fmt('en', 'UTC').posterior(0.021)).toBe('2.1 %');
  });
  it('write ages short', () => {
    expect([400, 14_999, 65_000, 7_265_000].map(age)).toEqual(['0', '14', '1:05', '2:01:05']);
  });
});

describe('findings', () => {
  beforeAll(async () => {
    await i18n.use('en');
    await i18n.more();
  });

  it('subtract exactly and compare', () => {
    expect(arithmetic(axle)).toEqual({ measured: 12400, tolerance: 530, judged: 11870, limit: 10500, sign: '>', unit: 'kg' });
    expect(arithmetic({ ...axle, measured: 0.3, tolerance: 0.1 })?.judged).toBe(0.2);
    expect(arithmetic({ ...axle, measured: 11030 })?.sign).toBe('≤');
    expect(arithmetic({ quantity: 'gross', verdict: 'undetermined' })).toBeUndefined();
  });
  it('say what keeps a match from being certain', () => {
    const why = ['plate equal', 'reader-1 reads 86BBE13 where the camera reads 86BDE13', 'a plate differs from the declaration', 'another declaration has the same plate'];
    expect(why.filter(against)).toEqual(why.slice(1, 3));
    expect(why.map(evidence)).toEqual(['plate equal', 'reader-1 reads 86BBE13, the camera 86BDE13', 'a plate differs from the declaration', 'another declaration has the same plate']);
  });
  it('say the arithmetic in one line', () => {
    expect(brief(axle, new Fmt('en', 'UTC'))).toBe('axle 2 12.40 t − 0.53 t = 11.87 t > 10.50 t');
    expect(brief({ quantity: 'radiation', measured: 17.4, limit: 5, unit: 'sigma', verdict: 'exceeds' }, new Fmt('en', 'UTC'))).toBe('radiation 17.4 σ > 5.0 σ');
    expect(brief({ quantity: 'gross', verdict: 'undetermined', reason: 'limit not verified' }, new Fmt('en', 'UTC'))).toBe('gross mass – limit not verified');
    expect(reason('a reason of tomorrow')).toBe('a reason of tomorrow');
    expect(reason('document required: permit; tare not verified')).toBe('document required: permit; tare not verified');
    expect(reason('rpm-1 is offline: no route')).toBe('rpm-1: device offline: no route');
    expect(refusal('release refused: the passage is released already')).toBe('Already released.');
    const light: Finding = { quantity: 'declared_mass', measured: 12000, tolerance: 200, limit: 15000, excess: 2800, unit: 'kg', verdict: 'exceeds' };
    expect(brief(light, new Fmt('en', 'UTC'))).toBe('declared mass 12.00 t ±0.20 t < 15.00 t');
  });

  it('puts neutrons before gamma, and says whose alarm it is in the officer\'s language', () => {
    const ray = (text: string, more: object): Finding => ({ quantity: 'radiation', text, verdict: 'exceeds', blocking: true, two_persons: true, ...more }) as Finding;
    const gamma = ray('gamma', { measured: 42, unit: 'sigma', reason: 'gamma alarm of the portal and of our tests: k-sigma, expected shadow, level' });
    const neutron = ray('neutron', { reason: 'neutron alarm' });
    expect(ranked([gamma, neutron])[0]).toBe(neutron);
    expect(chips({ final: true, findings: [gamma, neutron] } as Passage).map((c) => c.kind)).toEqual(['neutron', 'radiation']);
    expect(brief(gamma, new Fmt('en', 'UTC'))).toBe('radiation: gamma 42.0 σ – gamma alarm of the portal and of our test');
    expect(reason('rpm-1 is degraded: no line understood for 10s')).toBe('rpm-1: degraded: no understandable line for 10 s');
    expect(reason('rpm-1 is offline: tsa: no line understood for 30.003989957s although a background line is due every 5 s')).toBe('rpm-1: device offline: no understandable line for 30 s');
    expect(reason('rpm-1 is offline: EOF')).toBe('rpm-1: device offline: EOF');
  });
  it('rank radiation and goods over loads, loads over remarks', () => {
    const list: Finding[] = [
      { quantity: 'gross', verdict: 'within' },
      { quantity: 'length', verdict: 'undetermined' },
      axle,
      { quantity: 'radiation', verdict: 'exceeds' },
      { quantity: 'height', verdict: 'within', reason: 'within tolerance' },
      { quantity: 'declaration', verdict: 'undetermined', blocking: true },
    ];
    expect(list.map(priority)).toEqual([0, 3, 2, 1, 0, 2]);
    expect(ranked(list).map((f) => f.quantity)).toEqual(['radiation', 'axle', 'declaration', 'length', 'gross', 'height']);
    expect(chips({ findings: list, final: true } as Passage).map((c) => c.kind)).toEqual(['radiation', 'axle', 'declaration', 'length']);
    expect(chips({ findings: list, final: false } as Passage).map((c) => c.kind)).toEqual(['radiation', 'axle']);
    expect(list.filter(tolerated)).toHaveLength(1);
  });
});

describe('declaration', () => {
  it('is compared field by field, and nothing measured is not comparable', () => {
    const p = {
      match: { state: 'matched' }, findings: [{ quantity: 'declared_mass', measured: 31980, limit: 24100, excess: 7400, unit: 'kg', verdict: 'exceeds' }],
      plates: [{ role: 'front', text: '017ABC02', confidence: 0.9, device: 'c', seq: 1, at: '' }],
      declaration: { id: '1', kind: 'import', units: [{ role: 'tractor', plate: '017ABC02' }, { role: 'trailer', plate: '86BBE13' }], totals: { gross_kg: 24100 } },
    } as unknown as Passage;
    const byField = Object.fromEntries(rows(p).map((r) => [r.field, r]));
    expect(byField['plate_tractor']?.outcome).toBe('same');
    expect(byField['plate_trailer']?.outcome).toBe('not_comparable');
    expect(byField['gross']).toMatchObject({ declaredKg: 24100, foundKg: 31980, deltaKg: 7400, outcome: 'differs' });
    expect(rows({ ...p, declaration: undefined })).toEqual([]);
  });
});

describe('addresses', () => {
  it('name the screens', () => {
    expect(parse('#/lane/7')).toEqual({ name: 'lane', lane: '7' });
    expect(parse('#/passage/KHG-1-2')).toEqual({ name: 'passage', id: 'KHG-1-2' });
    expect(parse('')).toEqual({ name: 'overview' });
    expect(parse('#/%E0%A4%A')).toEqual({ name: 'overview' });
  });
});
