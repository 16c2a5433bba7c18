import { beforeAll, describe, expect, it } from 'vitest';
import { chosen, count, following, frozen, LOOSE_MS, loudest, quiet, rows, sorted, verbs, type Row } from '../src/lib/alarms';
import { alarming } from '../src/lib/events';
import { Fmt } from '../src/lib/fmt';
import { i18n } from '../src/lib/i18n.svelte';
import { Orders } from '../src/lib/orders';
import { parse } from '../src/lib/router.svelte';
import { Store } from '../src/lib/store';
import type { Alarm, LaneState, LogEvent, User } from '../src/lib/types';

const alarm = (id: string, priority: 1 | 2 | 3, state: Alarm['state'], more: Partial<Alarm> = {}): Alarm => ({
  id, kind: 'device', priority, text: 'wim-1 offline: no route', since: '2026-03-04T03:00:00Z', last: '2026-03-04T03:00:00Z', count: 1, version: 7, state, device: 'wim-1', active: state !== 'D', ...more,
});
const lane = (id: string, alarms?: Alarm[]): LaneState => ({ lane: id, version: 1, mode: 'simulator', open: true, barrier: 'closed', light: 'red', devices: [], updated: '', ...(alarms ? { alarms } : {}) });
const row = (a: Alarm): Row => ({ key: a.id, lane: '1', priority: a.priority, since: a.since, alarm: a });
const user = (role: string): User => ({ id: role, name: role, roles: [role] });
const now = Date.parse('2026-03-04T03:10:00Z');
const ids = (r: readonly Row[]): string => r.map((x) => x.key).join(' ');

describe('the list of alarms', () => {
  it('has unacknowledged ones first, then priority, then the newest; the shelf last', () => {
    const list = [
      alarm('shelf', 2, 'E'),
      alarm('seen1', 1, 'C'),
      alarm('old3', 3, 'B'),
      alarm('over1', 1, 'D', { since: '2026-03-04T02:00:00Z' }),
      alarm('new2', 2, 'B', { since: '2026-03-04T03:05:00Z' }),
      alarm('old2', 2, 'B'),
      alarm('seen2', 2, 'C'),
    ];
    expect(ids(sorted(list.map(row)))).toBe('over1 new2 old2 old3 seen1 seen2 shelf');
    expect(ids(rows([lane('1', list.slice(0, 3)), lane('2', list.slice(3)), lane('3')], [], now))).toBe('over1 new2 old2 old3 seen1 seen2 shelf');
  });

  it('also shows faults that no core stands behind, for an hour, and no event twice', () => {
    const e = (text: string, more: Partial<LogEvent>): LogEvent => ({ at: '2026-03-04T03:00:00Z', seq: 9, kind: 'fault', lane: '1', text, priority: 1, ...more });
    const events = [e('the journal refuses: disk full', {}), e('of a standing alarm', { alarm: 'a' }), e('no alarm', { priority: 0 }), e('of no lane here', { lane: '9' }), e('of a passage', { passage: 'KHG-1-7' }), e('gamma alarm', { kind: 'radiation' })];
    const list = rows([lane('1', [alarm('a', 1, 'B'), alarm('c', 1, 'C')])], events, now);
    expect(list.map((r) => r.event?.text ?? r.key)).toEqual(['a', 'the journal refuses: disk full', 'c']);
    expect(rows([lane('1')], events, now + LOOSE_MS)).toEqual([]);
  });

  it('keeps its order while it is frozen: rows follow, what has gone stays and says so', () => {
    const order = [alarm('a', 2, 'B'), alarm('b', 2, 'B')].map(row);
    const live = [alarm('c', 1, 'B'), alarm('b', 2, 'C')].map(row);
    expect(frozen(order, live).map((x) => [x.row.key, x.row.alarm?.state, x.gone])).toEqual([['a', 'B', true], ['b', 'C', false]]);
  });
});

describe('the chosen alarm', () => {
  const list = sorted([alarm('a', 1, 'B'), alarm('b', 2, 'B'), alarm('c', 3, 'C')].map(row));
  it('stays chosen when a more urgent one comes above it', () => expect(chosen(list, 'b')?.key).toBe('b'));
  it('is the first that nobody has seen once it has gone', () => expect(chosen(list, 'gone')?.key).toBe('a'));
  it('is none of an empty list', () => expect(chosen([], 'a')).toBeUndefined());
  it('is followed by the next that nobody has seen, around the end', () => {
    expect(following(list, 'a')).toBe('b');
    expect(following(list, 'b')).toBe('a');
    expect(following(list.slice(1), 'b')).toBe('b');
    expect(following([], 'b')).toBe('');
  });
});

describe('what a lane shows', () => {
  it('is the highest priority that nobody has acknowledged', () => {
    expect(loudest([alarm('a', 1, 'C'), alarm('b', 3, 'D'), alarm('c', 2, 'B'), alarm('d', 2, 'E')])).toBe(2);
    expect(loudest([alarm('a', 1, 'C'), alarm('d', 2, 'E')])).toBe(0);
    expect(loudest(undefined)).toBe(0);
  });

  it('is counted by priority, the shelf apart', () => {
    const c = count([lane('1', [alarm('a', 1, 'C'), alarm('b', 1, 'B'), alarm('c', 2, 'E')]), lane('2', [alarm('d', 3, 'D')])]);
    expect(c).toEqual({ all: [2, 0, 1], unseen: [1, 0, 1], shelved: 1 });
  });

  it('makes no sound from the shelf', () => {
    const e = { at: '', seq: 1, kind: 'device', lane: '1', text: '', priority: 2, alarm: 'a' };
    expect(quiet(e, [lane('1', [alarm('a', 2, 'E')])])).toBe(true);
    expect(quiet(e, [lane('1', [alarm('a', 2, 'B')])])).toBe(false);
    expect(quiet({ at: '', seq: 1, kind: 'fault', lane: '1', text: '' }, [lane('1', [alarm('a', 2, 'E')])])).toBe(false);
  });
});

describe('what may be done', () => {
  it.each<[string, Alarm, string]>([
    ['a high one', alarm('a', 1, 'B'), 'ack'],
    ['a medium one', alarm('a', 2, 'B'), 'ack shelve'],
    ['one that is acknowledged', alarm('a', 2, 'C'), 'shelve'],
    ['a high one that is acknowledged', alarm('a', 1, 'C'), ''],
    ['one on the shelf', alarm('a', 3, 'E'), 'unshelve'],
    ['one that was over as it began', { ...alarm('a', 3, 'D'), device: undefined } as unknown as Alarm, 'ack'],
  ])('about %s', (_, a, want) => {
    expect(verbs(a, user('officer')).join(' ')).toBe(want);
    expect(verbs(a, user('auditor'))).toEqual([]);
  });
});

describe('the words of an alarm', () => {
  beforeAll(() => i18n.use('en'));
  it.each([
    ['wim-1 offline: no route', undefined, 'wim-1: OFFLINE – no route'],
    ['exceeds', 'radiation, height', 'exceeds: radiation, height'],
    ['gamma alarm', 'radiation', 'gamma alarm: radiation'],
    ['the barrier opened without a release', undefined, 'THE BARRIER OPENED WITHOUT A RELEASE'],
    ['the release by the green path is taken back', 'gross', 'release taken back (automatic): gross'],
  ])('say "%s"', (text, details, want) => {
    expect(alarming(alarm('a', 1, 'B', details === undefined ? { text } : { text, details }), new Fmt('en', 'UTC'))).toBe(want);
  });
});

describe('around alarms', () => {
  it('one of the barrier names it', async () => {
    await i18n.use('en');
    expect(alarming(alarm('a', 1, 'B', { kind: 'barrier', text: 'barrier fault' }), new Fmt('en', 'UTC'))).toBe('Barrier: fault');
  });

  it('an order about one does not lock the decisions of its lane', () => {
    const o = new Orders();
    o.start({ id: 'x', action: 'acknowledge' }, 'alarm/KHG-1-7', 0);
    expect(o.busy('1')).toBe(false);
    o.event({ at: '', seq: 1, kind: 'refused', lane: '1', text: 'acknowledge refused: it is shelved by ann', order: 'x' }, 1);
    expect(o.last('alarm/KHG-1-7')?.state).toBe('refused');
  });

  it('a lane whose last alarm has gone has none', () => {
    const s = new Store();
    const f = { e: 'e', ts: 0 };
    s.apply({ ...f, t: 'snap', s: 0, topic: 'lanes', v: { 'lane/1': lane('1', [alarm('a', 1, 'B')]) as never }, log_seq: 0 }, 0);
    s.apply({ ...f, t: 'delta', s: 1, d: [{ k: 'lane/1', ver: 2, p: { version: 2 }, x: ['alarms'] }] }, 0);
    expect(s.lane('1')?.alarms).toBeUndefined();
  });

  it('the list has an address', () => expect(parse('#/alarms')).toEqual({ name: 'alarms' }));
});
