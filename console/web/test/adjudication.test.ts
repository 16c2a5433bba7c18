import { describe, expect, it } from 'vitest';
import { Orders } from '../src/lib/orders';
import { classes, codeReady, codes, dose, lacks, may, nuclides, prefilled } from '../src/lib/adjudication';
import type { Adjudication, Passage, User } from '../src/lib/types';

const user = (role: string, id = role): User => ({ id, name: id, roles: [role] });
const passage = (a: Partial<Adjudication> = {}, more: Partial<Passage> = {}): Passage => ({ id: 'p', phase: 'held', adjudication: { state: 'primary', ...a }, ...more }) as unknown as Passage;
const live = { stale: false, past: false };

describe('what may be done about a radiation alarm', () => {
  it('lets officers assess, and only a radiation officer or a supervisor enter a result', () => {
    for (const a of ['assess', 'repeat', 'secondary'] as const) expect(may(a, passage(), user('officer'), live)).toEqual({ ok: true });
    expect(may('inspect', passage(), user('officer'), live)).toEqual({ ok: false, why: 'senior' });
    for (const r of ['radiation_officer', 'supervisor']) expect(may('inspect', passage(), user(r), live)).toEqual({ ok: true });
    expect(may('assess', passage(), user('auditor'), live)).toEqual({ ok: false, why: 'role' });
  });

  it('does nothing about an old passage, on old data, or where no alarm is', () => {
    expect(may('assess', passage(), user('officer'), { stale: false, past: true })).toEqual({ ok: false, why: 'past' });
    for (const phase of ['left', 'closed'] as const) {
      expect(may('repeat', passage({}, { phase }), user('officer'), live)).toEqual({ ok: false, why: 'past' });
      expect(may('secondary', passage({}, { phase }), user('officer'), live)).toEqual({ ok: false, why: 'past' });
      // The bay may lie behind the barrier.
      expect(may('inspect', passage({}, { phase }), user('supervisor'), live)).toEqual({ ok: true });
      expect(may('adjudicate', passage({}, { phase }), user('officer'), live)).toEqual({ ok: true });
    }
    expect(may('assess', { ...passage(), adjudication: undefined } as never, user('officer'), live)).toEqual({ ok: false, why: 'past' });
    expect(may('assess', passage(), user('officer'), { stale: true, past: false })).toEqual({ ok: false, why: 'stale' });
  });

  it('wants two persons for a code, one of them senior, and both where it is strict', () => {
    const pending = { code: 4, user: 'a', role: 'officer', at: '' };
    expect(may('adjudicate', passage({ pending }), user('officer', 'a'), live)).toEqual({ ok: false, why: 'own' });
    expect(may('adjudicate', passage({ pending }), user('officer', 'b'), live)).toEqual({ ok: false, why: 'senior' });
    expect(may('adjudicate', passage({ pending }), user('supervisor', 'b'), live)).toEqual({ ok: true, second: true });
    expect(may('adjudicate', passage({ pending: { ...pending, role: 'supervisor' } }), user('officer', 'b'), live)).toEqual({ ok: true, second: true });
    expect(may('adjudicate', passage({ strict: true }), user('officer'), live)).toEqual({ ok: false, why: 'strict' });
    expect(may('adjudicate', passage({ coded: pending }), user('supervisor'), live)).toEqual({ ok: false, why: 'coded' });
  });

  it('knows every code once, and which need a class or words', () => {
    expect(codes.flatMap((g) => g.codes).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    // As the core allows: a declared load may be of any class that has a name.
    expect(classes(5)).toEqual(['industrial', 'medical', 'norm']);
    expect(classes(1)).toContain('unexplained');
    expect([3, 4, 6, 7, 8, 9, 10, 12].flatMap(classes)).toEqual([]);
    expect(codeReady(0, '', 'long enough to be said')).toBe(false);
    const grade = (g: 'A' | 'C'): Adjudication => ({ state: 'assessed', norm: { grade: g, lines: [], reasons: [] } });
    expect(codeReady(4, '', '', grade('A'))).toBe(true);
    expect(codeReady(4, '', '', grade('C'))).toBe(false); // what contradicts wants words
    expect(codeReady(4, '', '')).toBe(false);
    expect(codeReady(3, '', '', { state: 'assessed', hints: [{ code: 3 }] })).toBe(true);
    expect(codeReady(3, '', '', grade('A'))).toBe(false);
    expect(codeReady(7, '', '')).toBe(true);
    expect(codeReady(11, '', 'a sentence with enough words')).toBe(false);
    expect(codeReady(11, 'unexplained', 'a sentence with enough words')).toBe(true);
    expect(codeReady(8, '', 'short')).toBe(false);
  });

  it('hears that the second person has given the code, and not that of another matter', () => {
    const o = new Orders();
    const e = (kind: string, text: string, order: string): void => o.event({ at: '', seq: 1, kind, lane: '1', passage: 'p', text, order }, 5);
    o.start({ id: 'a', action: 'adjudicate', passage: 'p' }, '1', 0);
    e('pending', 'code 4, norm by ann waits for a second person', 'a');
    expect(o.last('1')?.state).toBe('pending');
    e('order', 'assessed: neutron no', 'x');
    expect(o.last('1')?.state).toBe('pending');
    e('order', 'code 4, norm by ann and bob', 'b');
    expect(o.last('1')?.state).toBe('accepted');
  });

  it('begins with the answers given before, else with those of the system', () => {
    const proposed = { neutron: 'no', shape: 'peak', place: 'cargo', declared: 'no', guard: 'no', speed: 'yes' } as const;
    expect(prefilled({ state: 'primary', proposed }).shape).toBe('peak');
    expect(prefilled({ state: 'assessed', proposed, answers: { ...proposed, shape: 'plateau' } }).shape).toBe('plateau');
    expect(prefilled(undefined).neutron).toBe('unknown');
  });
});

describe('the result of a secondary inspection', () => {
  it('reads dose rates as they are typed, in whole nSv/h', () => {
    expect(dose('0,45', 'usvh')).toBe(450);
    expect(dose(' 0.12 ', 'usvh')).toBe(120);
    expect(dose('120', 'nsvh')).toBe(120);
    expect(dose('1.5', 'msvh')).toBe(1_500_000);
    expect(dose('', 'usvh')).toBeUndefined();
    for (const bad of ['-1', '1e3', 'abc', '1,2,3', '.5', '99999999999']) expect(dose(bad, 'usvh')).toBeNull();
    expect(dose('10001', 'msvh')).toBeNull();
  });

  it('writes nuclides one way', () => {
    expect(nuclides('cs137, K-40;ra-226 cs-137 137Cs tc99m')).toEqual(['Cs-137', 'K-40', 'Ra-226', 'Tc-99m']);
    expect(nuclides('')).toEqual([]);
    expect(nuclides('HEU')).toEqual(['HEU']); // kept: the server says what it thinks of it
  });

  it('says what is missing, and that far away is not stronger than near', () => {
    expect(lacks({}, false)).toEqual(['dose', 'neutron', 'instrument', 'serial']);
    const all = { dose_1m_nsvh: 120, dose_10cm_nsvh: 450, neutron: 'no' as const, instrument: 'x', serial: '1' };
    expect(lacks(all, false)).toEqual([]);
    expect(lacks({ ...all, dose_1m_nsvh: 500 }, false)).toEqual(['farther']);
    expect(lacks(all, true)).toEqual(['unread']);
  });
});
