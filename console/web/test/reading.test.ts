import { describe, expect, it } from 'vitest';
import { best } from '../src/lib/plates';
import { align, begin, beside, crop, declaredFor, declares, doubtful, likeness, plain, press, readers, replaced, says, suggestions, views, wrong, type Edit } from '../src/lib/reading';
import type { Passage, PlateRead } from '../src/lib/types';

const read = (device: string, text: string, confidence: number, more: Partial<PlateRead> = {}): PlateRead => ({ device, seq: 1, at: '', text, confidence, role: 'front', ...more });
const chars = (text: string, ...ps: number[]): PlateRead['chars'] => [...text].map((c, i) => ({ c, p: ps[i] ?? 0.99 }));
const passage = (plates: PlateRead[], more: Partial<Passage> = {}): Passage => ({ plates, match: { state: 'none' }, ...more }) as unknown as Passage;

describe('an alignment', () => {
  const show = (...texts: string[]): string => align(texts).map((c) => texts.map((t, k) => t[c[k] ?? -1] ?? '-').join('')).join(' ');
  it('sets character under character, gaps and all', () => {
    expect(show('017ABC02', '017ABC02')).toBe('00 11 77 AA BB CC 00 22');
    expect(show('86BDE13', '86BBE13')).toBe('88 66 BB DB EE 11 33');
    expect(show('17ABC02', '017ABC02')).toBe('-0 11 77 AA BB CC 00 22');
    expect(show('017ABC02X', '017ABC02')).toBe('00 11 77 AA BB CC 00 22 X-');
    expect(show('А1', 'A1')).toBe('АA 11');
    expect(show('', '12')).toBe('-1 -2');
    expect(show('12')).toBe('1 2');
    expect(align([])).toEqual([]);
  });
  it('prefers a look-alike to another character', () => {
    expect(show('1B3', '18B3')).toBe('11 -8 BB 33');
    expect(show('0A1', 'OA1')).toBe('0O AA 11');
  });
  it('puts what several texts have more into one column', () => {
    expect(show('123', 'X123', 'Y1234')).toBe('-XY 111 222 333 --4');
  });
  it('tells what is alike from what differs', () => {
    expect([likeness('0', 'O'), likeness('8', 'B'), likeness('B', '8'), likeness('А', 'A'), likeness('1', '7'), likeness('1', undefined), likeness(undefined, undefined)]).toEqual(['alike', 'alike', 'alike', 'same', 'differs', 'differs', 'same']);
  });
});

describe('views', () => {
  const front = read('cam', '123A8C02', 0.8, { images: ['a'], chars: chars('123A8C02', 0.99, 0.99, 0.99, 0.97, 0.61) });
  const b = read('cam-b', '123ABC02', 0.97, { pictures: [{ sha256: 'w', size: 1, type: 'image/jpeg', role: 'vehicle' }, { sha256: 'b', size: 1, type: 'image/jpeg', role: 'plate' }] });
  const second = read('reader', '123ABC02', 0.7, { parent: 'a', role: undefined });
  const rear = read('rear', '45XYZ02', 0.99, { role: 'trailer', images: ['r'] });

  it('are one for each camera, with what a second reader read of its picture', () => {
    const vs = views([rear, b, second, front]);
    expect(vs.map((v) => [v.role, v.read.device, v.second?.text])).toEqual([['front', 'cam', '123ABC02'], ['front', 'cam-b', undefined], ['trailer', 'rear', undefined]]);
    expect(vs.map(crop)).toEqual(['a', 'b', 'r']);
    expect(views(undefined)).toEqual([]);
  });
  it('never take one reading of the second reader for the camera of another', () => {
    const more = read('reader', '99ZZZ02', 0.6, { parent: 'a', images: ['z', 'a'] });
    const vs = views([more, { ...second, images: ['y', 'a'] }, front]);
    expect(vs.map((v) => [v.role, v.read.device, v.second?.text])).toEqual([['front', 'cam', '123ABC02']]);
  });
  it('keep apart what stands in one picture', () => {
    const other = read('cam', '45XYZ02', 0.9, { role: 'trailer', images: ['a'] });
    const of = (text: string, more: Partial<PlateRead> = {}): unknown => views([front, other, read('reader', text, 0.8, { parent: 'a', ...more })]).map((v) => [v.role, v.second?.text]);
    expect(of('45XYZ02')).toEqual([['front', undefined], ['trailer', '45XYZ02']]);
    expect(of('45XYZ0Z', { otherwise: '45XYZ02' })).toEqual([['front', undefined], ['trailer', '45XYZ0Z']]);
    expect(of('123ABC02', { otherwise: '123A8C02' })).toEqual([['front', '123ABC02'], ['trailer', undefined]]);
  });
  it('say how the two readers stand, of the very picture that both read', () => {
    const of = (camera: string, text: string, more: Partial<PlateRead> = {}): unknown => readers({ role: 'front', read: read('cam', camera, 0.9), second: read('reader', text, 0.9, { parent: 'a', ...more }) });
    expect([of('12 AB', '12AB'), of('12AB', '12A8'), of('12AB', ''), of('', '12AB'), of('', '')]).toEqual(['agree', 'disagree', 'only_camera', 'only_second', 'agree']);
    expect(of('12AB', '12AB', { otherwise: '12A8' })).toBe('disagree');
    expect(readers({ role: 'front', read: front })).toBeUndefined();
  });
  it('show the crop that the second reader cut where the camera sent only a scene', () => {
    const scene = { sha256: 'a', size: 1, type: 'image/jpeg', role: 'scene' };
    const [v] = views([{ ...front, pictures: [scene] }, { ...second, images: ['own', 'a'] }]);
    expect(v && crop(v)).toBe('own');
    expect(crop({ role: 'front', read: { ...front, images: undefined, pictures: [scene] } })).toBe('a');
  });
  it('stand alone where the picture of a second reading is not known', () => {
    expect(views([{ ...second, parent: 'zz' }]).map((v) => [v.read.device, v.second])).toEqual([['reader', undefined]]);
  });
  it('show the corrected reading of a camera, and every screen does', () => {
    const again = read('cam', '999ZZZ01', 0.99);
    const fixed = { ...front, corrected: '123ABC02' };
    expect(views([again, fixed])[0]?.read).toBe(fixed);
    expect(best([again, fixed, b], 'front')).toBe(fixed);
    expect(best([fixed, b], 'front')).toBe(fixed);
  });
  it('are headed by the camera where both readers can read', () => {
    const sure = { ...second, role: 'front' as const, confidence: 0.99 };
    expect(best([sure, front], 'front')).toBe(front);
    expect(best([{ ...front, text: '' }, sure], 'front')).toBe(sure);
  });
  it('say what only the second reader could read', () => {
    const [v] = views([read('cam', '', 0, { images: ['a'] }), second]);
    expect(v && says(v)).toBe('123ABC02');
  });
  it('are doubtful where the two readers differ, a character is unsure or the papers say otherwise', () => {
    const sure = read('cam', '123ABC02', 0.99, { images: ['a'], chars: chars('123ABC02') });
    const declared = { declaration: { id: 'd', kind: 'import', units: [{ role: 'tractor', plate: '123ABC02' }] } } as Partial<Passage>;
    const of = (plates: PlateRead[], more: Partial<Passage> = declared): boolean => views(plates).some((v) => doubtful(passage(plates, more), v));
    expect(of([sure])).toBe(false);
    expect(of([{ ...sure, chars: chars('123ABC02', 0.5) }])).toBe(true);
    expect(of([sure, { ...second, text: '123ABC0Z' }])).toBe(true);
    expect(of([sure], {})).toBe(true);
    expect(of([{ ...front, corrected: '123ABC02' }], {})).toBe(false);
  });
  it('find the declared unit of a rear plate by likeness', () => {
    const d = { id: '1', kind: 'import', units: [{ role: 'tractor', plate: '482KBM05' }, { role: 'trailer', plate: '37AXB05' }] };
    expect(declaredFor('front', d, '')).toBe('482KBM05');
    expect(declaredFor('rear', d, '37AXB05')).toBe('37AXB05');
    expect(declaredFor('rear', d, '482KBM05')).toBe('482KBM05');
  });
  it('have the nearest declared plate beside them where none is their own, and nothing far off', () => {
    const match = (text: string): Partial<Passage> => ({ match: { state: 'none', declared: [{ declaration: 'd', text, posterior: 0.01, exact: false, second: false }] } });
    const [v] = views([front]);
    expect(v && beside(passage([front], match('123ABC02')), v)).toEqual({ text: '123ABC02', nearest: true });
    expect(v && beside(passage([front], match('77KLM19')), v)).toEqual({ text: '', nearest: true });
  });
  it('offer other readings and declared plates, each once', () => {
    const p = passage([{ ...front, candidates: [{ text: '123A8C02', p: 0.6 }, { text: '123AEC02', p: 0.1 }] }, second, b], {
      match: { state: 'none', declared: [{ declaration: 'd', number: 'KZ9', text: '123 ABE 02', posterior: 0.01, exact: false, second: false }] },
    });
    const [v] = views(p.plates);
    expect(v && suggestions(p, v).map((s) => `${s.text} ${s.from}`)).toEqual(['123A8C02 read', '123ABC02 second', '123AEC02 read', '123ABE02 declared']);
    expect([declares(p, '123ABE02'), declares(p, '123ABC02')]).toEqual(['KZ9', undefined]);
  });
});

describe('typing a plate', () => {
  const type = (e: Edit, ...keys: string[]): Edit => keys.reduce((x, k) => press(x, k) ?? x, e);
  const of = (text: string, ...ps: number[]): Edit => begin(views([read('cam', text, 0.9, ps.length > 0 ? { chars: chars(text, ...ps) } : {})])[0]);

  it('begins on the character that is least sure', () => {
    expect(of('123A8C02', 0.99, 0.99, 0.99, 0.9, 0.61, 0.8)).toMatchObject({ text: '123A8C02', at: 4, insert: false });
    expect(of('123A8C02').at).toBe(0);
    expect(begin(undefined)).toMatchObject({ text: '', at: 0 });
  });
  it('goes over the characters, and folds a Cyrillic keyboard', () => {
    expect(type(of('123A8C02', 1, 1, 1, 1, 0.5), 'в')).toMatchObject({ text: '123ABC02', at: 5 });
    expect(type(of(''), ...'н777ор 77-7').text).toBe('H777OP777');
    expect(type(of(''), ...'1234уба').text).toBe('1234YБA');
    expect(plain('0٠')).toHaveLength(2);
  });
  it('moves, inserts and removes', () => {
    expect(type(of('ABCD'), 'ArrowRight', 'Insert', '1', 'Insert', '2')).toMatchObject({ text: 'A12CD', at: 3 });
    expect(type(of('ABCD'), 'End', 'Backspace', 'Home', 'Delete')).toMatchObject({ text: 'BC', at: 0 });
    expect(type(of('AB'), 'ArrowLeft', 'Backspace')).toMatchObject({ text: 'AB', at: 0 });
    expect(type(of('AB'), 'End', 'ArrowRight', 'Delete', 'C')).toMatchObject({ text: 'ABC', at: 3 });
    expect(replaced(of('AB'), ' 01 кв ')).toMatchObject({ text: '01KB', at: 4 });
    for (const k of ['Tab', 'Enter', 'Escape', 'F7']) expect(press(of('AB'), k), k).toBeUndefined();
  });
  it('says what no plate can be', () => {
    expect(wrong(of('123ABC02'))).toBe('');
    expect(wrong(of(''))).toBe('empty');
    expect(wrong(type(of(''), ...'1234567890123456'))).toBe('long');
    expect(wrong(type(of('12'), '*'))).toBe('bad');
    expect(wrong(type(of('12'), '*', '3'))).toBe('');
    expect(wrong(replaced(of(''), '12一'))).toBe('bad');
  });
});
