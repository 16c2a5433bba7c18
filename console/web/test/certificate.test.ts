import { beforeAll, describe, expect, it } from 'vitest';
import { past, state } from '../src/lib/certificate';
import { i18n } from '../src/lib/i18n.svelte';
import { certificate, reason } from '../src/lib/words';

const c = { issued: '2026-03-02', expires: '2027-03-01' };
const at = (s: string): number => Date.parse(s);

describe('validity', () => {
  it('counts civil days of the site, the last one included', () => {
    expect(state(c, at('2027-02-28T18:59:59Z'), 'Asia/Almaty')).toEqual({ kind: 'valid', days: 1 });
    expect(state(c, at('2027-02-28T19:00:00Z'), 'Asia/Almaty')).toEqual({ kind: 'valid', days: 0 });
    expect(state(c, at('2027-03-01T19:00:00Z'), 'Asia/Almaty')).toEqual({ kind: 'over', days: 1 });
    expect(state(c, at('2026-03-01T12:00:00Z'), 'Asia/Almaty')).toEqual({ kind: 'early', days: 1 });
  });

  it('is over where the day cannot be read', () => {
    expect(state({ issued: '', expires: 'soon' }, at('2026-03-01T12:00:00Z'), 'Asia/Almaty').kind).toBe('over');
  });

  it('of a passage is that of its day', () => {
    expect(past('2027-03-01', '2027-03-01T18:00:00Z', 'Asia/Almaty')).toBe(false);
    expect(past('2027-03-01', '2027-03-01T19:30:00Z', 'Asia/Almaty')).toBe(true);
    expect(past(undefined, '2027-03-01T19:30:00Z', 'Asia/Almaty')).toBe(false);
  });
});

describe('what the core says of certificates', () => {
  beforeAll(async () => {
    await i18n.use('ru');
    await i18n.more();
  });
  it('is said in the officer\'s language', () => {
    expect(reason('no certificate of wim-1')).toBe('wim-1: нет свидетельства о поверке');
    expect(certificate('certificate A-1 of wim-1 expires on 2027-03-01')).toBe('wim-1: свидетельство № A-1 истекает 01.03.2027');
    expect(reason('certificate A-1 of wim-1 expired on 2027-03-01')).toBe('wim-1: свидетельство № A-1 истекло 01.03.2027');
    expect(reason('certificate A-1 of wim-1 is a simulator\'s')).toBe('wim-1: свидетельство № A-1 выдано симулятору');
    expect(reason('certificate A-1 of wim-1 is valid from 2026-03-02')).toBe('wim-1: свидетельство № A-1 действует с 02.03.2026');
    expect(reason('speed 14.2 km/h outside the approved 1 to 5, 7.5 to 10 km/h')).toBe('скорость 14.2 км/ч вне утверждённых: 1–5, 7.5–10 км/ч');
    expect(reason('speed not measured: only 1 to 5 km/h are approved')).toBe('скорость не измерена, утверждены только 1–5 км/ч');
    expect(certificate('barrier opened')).toBeUndefined();
  });
});
