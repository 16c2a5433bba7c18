import { beforeAll, describe, expect, it } from 'vitest';
import en from '../src/lib/i18n/en';
import { radfault, told } from '../src/lib/casewords';
import { Fmt, fromLocal, toLocal } from '../src/lib/fmt';
import { i18n } from '../src/lib/i18n.svelte';
import { Orders } from '../src/lib/orders';
import type { LogEvent, Passage } from '../src/lib/types';
import { band, deviceReason, lasting, law, note, reason, refusal } from '../src/lib/words';

const ev = (kind: string, text: string): LogEvent => ({ at: '2026-03-04T03:00:00Z', seq: 1, kind, lane: '1', text });
const passage = { verdict: 'exceeds', final: true, declaration: { id: 'c7', mrn: 'KZ55' }, findings: [{ quantity: 'gross', verdict: 'exceeds' }] } as unknown as Passage;
const say = (kind: string, text: string): string => told(ev(kind, text), passage, new Fmt(i18n.lang, 'Asia/Almaty'));

// Every form that the core writes, as it stands in the journal.
const texts: [string, string, string, string][] = [
  ['opened', 'seen by io-1/loop_entry', 'seen by entry loop (io-1)', 'замечен: петля въезда (io-1)'],
  ['weighed', '5 axles, gross 46120kg ± 533.633kg', '5 axles, 46.12 t ± 0.53 t', 'осей: 5, 46,12 т ± 0,53 т'],
  ['weighed', '5 axles, gross 46120kg ± 0kg', '5 axles, 46.12 t', 'осей: 5, 46,12 т'],
  ['profile', 'length 16459mm ± 292mm, width 2557mm ± 45mm, height 4004mm ± 60mm', 'length 16.459 m ± 0.292 m, width 2.557 m ± 0.045 m, height 4.004 m ± 0.060 m', 'длина 16,459 м ± 0,292 м, ширина 2,557 м ± 0,045 м, высота 4,004 м ± 0,060 м'],
  ['profile', 'length 0mm ± 0mm, width 2557mm ± 45mm, height 4004mm ± 60mm', 'length —, width 2.557 m ± 0.045 m, height 4.004 m ± 0.060 m', 'длина —, ширина 2,557 м ± 0,045 м, высота 4,004 м ± 0,060 м'],
  ['plate', 'front-1: 887OY12  0.92', '887OY12 92 % (front-1)', '887OY12 92 % (front-1)'],
  ['plate', 'front-1: 353UB07 KZ 0.94', '353UB07 KZ 94 % (front-1)', '353UB07 KZ 94 % (front-1)'],
  ['plate', 'reader-1: 353UB07  0.94 in the picture of front-1', '353UB07 94 % (reader-1) – picture of front-1', '353UB07 94 % (reader-1) – снимок front-1'],
  ['plate', 'reader-1: 353UB07 KZ 0.94 in the picture of front-1, which reads 353U807', '353UB07 KZ 94 % (reader-1) – picture of front-1, which reads 353U807', '353UB07 KZ 94 % (reader-1) – снимок front-1, где прочитано 353U807'],
  ['plate', 'reader-1: no readable plate  0 in the picture of front-1', 'Plate could not be read (reader-1) – picture of front-1', 'Номер не читается (reader-1) – снимок front-1'],
  ['plate', 'reader-1: 353UB07 KZ 0.94 in a picture of no vehicle that is known', '353UB07 KZ 94 % (reader-1) – picture of no known vehicle', '353UB07 KZ 94 % (reader-1) – снимок неизвестной машины'],
  ['matched', 'declaration matched c7', 'matched: KZ55', 'сопоставлена: KZ55'],
  ['judged', 'exceeds', 'exceeds: gross', 'превышение: масса'],
  ['portal', 'no alarm', 'no alarm', 'тревоги нет'],
  ['barrier', 'barrier open', 'open', 'открыт'],
  ['order', 'held: overload', 'Held: Overload', 'Задержан: Перегруз'],
  ['order', 'override by ann and bob: norm_confirmed', 'Override: ann + bob: Natural radioactivity confirmed', 'Сверх запрета: ann + bob: Подтверждены природные радионуклиды'],
  ['order', 'plate corrected: 614ED16 is 614ED18', 'plate corrected: 614ED16 → 614ED18', 'номер исправлен: 614ED16 → 614ED18'],
  ['order', 'plate corrected: 614ED16 is 614ED18 (front-1)', 'plate corrected: 614ED16 → 614ED18 (front-1)', 'номер исправлен: 614ED16 → 614ED18 (front-1)'],
  ['order', 'plate corrected:  is 614ED18 (front-1)', 'plate corrected: — → 614ED18 (front-1)', 'номер исправлен: — → 614ED18 (front-1)'],
  ['order', 'plate confirmed: 614ED18 (front-1)', 'reading confirmed: 614ED18 (front-1)', 'чтение подтверждено: 614ED18 (front-1)'],
  ['refused', 'correct_plate refused: there is no reading of front-1', 'Correct plate: The server does not know front-1.', 'Исправить номер: Сервер не знает front-1.'],
  ['refused', 'release refused: the passage is closed', 'Release: The passage is closed.', 'Выпустить: Проезд завершён.'],
  ['amended', 'the verdict changed from within to exceeds after the decision', 'the result changed: within → exceeds, after the decision', 'результат изменился: в норме → превышение, после решения'],
  ['closed', 'passage closed: drove to secondary inspection', 'drove to inspection', 'уехала на осмотр'],
  ['device', 'wim-1 offline: no route', 'wim-1: OFFLINE – no route', 'wim-1: НЕТ СВЯЗИ – no route'],
  ['fault', 'the barrier opened without a release', 'THE BARRIER OPENED WITHOUT A RELEASE', 'ШЛАГБАУМ ОТКРЫЛСЯ БЕЗ РАЗРЕШЕНИЯ'],
  ['order', 'acknowledged: exceeds', 'acknowledged: exceeds', 'подтверждена: превышение'],
  ['order', 'acknowledged: wim-1 offline: no route', 'acknowledged: wim-1: OFFLINE – no route', 'подтверждена: wim-1: НЕТ СВЯЗИ – no route'],
  ['order', 'shelved for 15 minutes (repair): barrier fault', 'shelved for 15 min (Repair ordered): fault', 'отложена на 15 мин (Вызван ремонт): неисправен'],
  ['order', 'taken from the shelf: exceeds', 'taken back from the shelf: exceeds', 'возвращена: превышение'],
  ['unshelved', 'back from the shelf: exceeds', 'time on the shelf is over: exceeds', 'время откладывания вышло: превышение'],
  ['unshelved', 'off the shelf, its cause has gone: exceeds', 'shelved, and over by now: exceeds', 'была отложена и прошла: превышение'],
  ['refused', 'acknowledge refused: there is no alarm KHG-1-7', 'Acknowledge: The server does not know KHG-1-7.', 'Подтвердить: Сервер не знает KHG-1-7.'],
  ['refused', 'acknowledge refused: it is acknowledged already by ann', 'Acknowledge: ann has acknowledged it already.', 'Подтвердить: Уже подтверждена: ann.'],
  ['refused', 'shelve refused: an alarm of the first priority is never shelved', 'Shelve: A high alarm is never shelved.', 'Отложить: Высокую тревогу не откладывают.'],
  ['fault', 'more than 64 alarms stand: not listed any more: exceeds', 'more than 64 alarms; no longer listed: exceeds', 'больше 64 тревог; снята со списка: превышение'],
  ['fault', 'the clock was set back by 5m0s', 'the clock was set back by 5m0s', 'часы переведены назад на 5m0s'],
  ['order', 'assessed: neutron no, shape peak, place cargo, declared no, guard no, speed yes', 'assessed: Is there a neutron alarm? no One peak, or a plateau along the load? one peak Where: cab or cargo? cargo Does the declaration explain it? no Was the background implausibly low? no Was the vehicle within 8 km/h? yes', 'оценена: Есть нейтронная тревога? нет Один пик или плато вдоль груза? один пик Где: кабина или груз? груз Объясняет ли это декларация? нет Был ли фон неправдоподобно низким? нет Скорость не превышала 8 км/ч? да'],
  ['order', 'inspected: 0.12 uSv/h at 1 m, 0.45 uSv/h at 10 cm, neutrons not found, K-40', 'secondary inspection done: 0.12 µSv/h at 1 m, 0.45 µSv/h at 10 cm, Neutrons: searched, none, K-40', 'дополнительный контроль завершён: 0,12 мкЗв/ч на 1 м, 0,45 мкЗв/ч на 10 см, Нейтроны: искали, нет, K-40'],
  ['pending', 'code 4, norm by ann waits for a second person', 'ann has given code 4 NORM: natural radioactivity, natural (NORM). A second person must confirm.', 'ann: код 4 Природная радиоактивность (NORM), природный (NORM). Должно подтвердить второе лицо.'],
  ['order', 'code 6 by ann and bob', 'Code of the alarm: 6 Physical inspection negative: ann + bob', 'Код тревоги: 6 Досмотр ничего не выявил: ann + bob'],
  ['refused', 'adjudicate refused: a neutron alarm is never explained by a declaration', 'Code of the alarm: A neutron alarm is never explained by a declaration.', 'Код тревоги: Нейтронную тревогу декларация не объясняет.'],
  ['radiation', 'more than 100 uSv/h at 1 m: evacuate and call', 'MORE THAN 100 µSv/h AT 1 m: EVACUATE AND CALL', 'БОЛЕЕ 100 мкЗв/ч НА 1 м: ВЫВЕСТИ ЛЮДЕЙ И ВЫЗВАТЬ'],
  ['order', 'a word of tomorrow', 'a word of tomorrow', 'a word of tomorrow'],
];

// Most sentences come with the later parts, as in the page.
beforeAll(() => i18n.more());

describe('texts of the log', () => {
  it('name the panel that is at fault', async () => {
    await i18n.use('en');
    expect(radfault('panel fault: counts nothing: p2')).toBe('a panel counts nothing: left upper panel');
    expect(radfault('electronics fault: counts not random: p1 and p2')).toBe('counts are not random: electronics: left lower panel, left upper panel');
    expect(radfault('no background')).toBe('no background');
  });
  it.each(texts)('say %s "%s" in English', async (kind, text, want) => {
    await i18n.use('en');
    expect(say(kind, text)).toBe(want);
  });
  it.each(texts)('say %s "%s" in Russian', async (kind, text, _en, want) => {
    await i18n.use('ru');
    expect(say(kind, text)).toBe(want);
  });
  it('leave no English in Kazakh', async () => {
    await i18n.use('kk');
    for (const [kind, text] of texts.filter(([, x]) => !/tomorrow|no route/.test(x))) expect(say(kind, text).replace(/io-1|front-1|reader-1|ann|bob|NORM|KHG-1-7|KZ\d*|\d+\w+/g, ''), text).not.toMatch(/[a-z]{3,}/);
  });
});

describe('words', () => {
  beforeAll(() => i18n.use('en'));
  const fmt = new Fmt('en', 'UTC');

  it('are there for every flag, also where the English word equals the code', () => {
    for (const k of Object.keys(en).filter((x) => x.startsWith('flag.'))) expect(reason(k.slice(5)), k).toBe(en[k as keyof typeof en]);
    expect(reason('few_samples; scans_lost')).toBe('few samples; scans lost');
  });
  it('say notes, bands and acts', async () => {
    expect(note('tare_default', fmt)).toBe('tare by class');
    expect(note('expected 20000kg to 24000.5kg', fmt)).toBe('expected 20.00 t to 24.00 t');
    expect(note('authority: Ministry', fmt)).toBe('authority: Ministry');
    expect(band('RU-12.21.1: part 4: RUB 300000 to the owner', fmt)).toBe('RU-12.21.1: part 4: RUB 300,000 to the owner');
    await i18n.use('ru');
    expect(law({ quantity: 'gross', verdict: 'within', pack: 'KZ-342', clause: 'Order 342 of 26 Mar 2015: KazATO circular' })).toBe('KZ-342 · Приказ № 342 от 26.03.2015: KazATO circular');
    expect(note('declared goods radiate by nature: Potash (K-40); expected profile: uniform; dense pallets', fmt)).toContain('равномерно; плотные паллеты');
    await i18n.use('en');
    expect(refusal('release refused: the role  does not decide')).toBe(en['refusal.role']);
    expect(deviceReason('scanner 1 calibrated: height 6200 mm, roll 0.02 degrees', fmt)).toBe('scanner 1 calibrated: height 6.200 m, roll 0.02°');
  });
  it('give a span its unit', () => {
    expect([undefined, 36_000, 185_000, 7_800_000].map(lasting)).toEqual(['—', '36 s', '3:05 min', '2:10:00 h']);
  });
});

describe('fields for dates', () => {
  it('speak the time of the site, not of the browser', () => {
    expect(fromLocal('2026-03-01T08:00', 'Asia/Almaty')).toBe('2026-03-01T03:00:00.000Z');
    expect(toLocal(Date.parse('2026-03-01T03:00:00Z'), 'Asia/Almaty')).toBe('2026-03-01T08:00');
    expect(fromLocal('', 'Asia/Almaty')).toBe('');
    for (const at of ['2026-03-29T00:30', '2026-03-29T04:00', '2026-10-25T12:00']) expect(toLocal(Date.parse(fromLocal(at, 'Europe/Warsaw')), 'Europe/Warsaw')).toBe(at);
  });
});

describe('an order that waits for a second person', () => {
  const waiting = (): Orders => {
    const o = new Orders();
    o.start({ id: 'x', action: 'override', passage: 'p' }, '1', 0);
    o.event({ ...ev('pending', ''), passage: 'p', order: 'x' }, 5);
    return o;
  };
  it('is executed when the second has confirmed and the barrier opens', () => {
    const o = waiting();
    o.event({ ...ev('order', 'override by ann and bob'), passage: 'p', order: 'y' }, 10);
    expect(o.last('1')?.state).toBe('accepted');
    o.feedback('1', 'open', 20);
    expect(o.last('1')?.state).toBe('executed');
  });
  it('is refused when the time is over, and not touched by another passage', () => {
    const o = waiting();
    o.event({ ...ev('order', 'override by ann and bob'), passage: 'q', order: 'y' }, 10);
    expect(o.last('1')?.state).toBe('pending');
    o.event({ ...ev('refused', 'no second person within 10 minutes: the order of ann has lapsed'), passage: 'p' }, 20);
    expect(o.last('1')).toMatchObject({ state: 'refused', why: 'no second person within 10 minutes: the order of ann has lapsed' });
  });
});
