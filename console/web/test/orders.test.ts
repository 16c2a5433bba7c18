import { describe, expect, it } from 'vitest';
import { gate, overrideReady, undoable, type Situation } from '../src/lib/gate';
import { FOLLOW_MS, Orders, uuid7 } from '../src/lib/orders';
import type { Finding, LogEvent, Passage } from '../src/lib/types';

const ev = (kind: string, order: string, text = ''): LogEvent => ({ at: '2026-03-04T03:00:00Z', seq: 1, kind, lane: '1', text, order });
const press = (o: Orders, action: 'release' | 'hold' | 'override' = 'release'): void => {
  o.start({ id: 'x', action, passage: 'p' }, '1', 0);
};

describe('orders', () => {
  it('show a release as executed only when the barrier has answered', () => {
    const o = new Orders();
    press(o);
    expect(o.last('1')?.state).toBe('sending');
    o.answered('x', 202, 10);
    expect(o.last('1')?.state).toBe('sent');
    o.event(ev('order', 'x'), 20);
    o.feedback('1', 'closed', 30);
    expect(o.last('1')?.state).toBe('accepted');
    o.feedback('1', 'opening', 40);
    expect(o.last('1')?.state).toBe('executed');
    expect(o.last('1')?.at).toEqual({ sending: 0, sent: 10, accepted: 20, executed: 40 });
  });

  it('say that the barrier did not follow after three seconds, and take it back when it does', () => {
    const o = new Orders();
    press(o);
    o.event(ev('order', 'x'), 0);
    o.feedback('1', 'closed', FOLLOW_MS);
    expect(o.last('1')?.state).toBe('accepted');
    o.feedback('1', 'closed', FOLLOW_MS + 1);
    expect(o.last('1')?.state).toBe('not_followed');
    o.feedback('1', 'open', FOLLOW_MS + 900);
    expect(o.last('1')?.state).toBe('executed');
  });

  it('name each refusal, and call a lost answer not delivered', () => {
    for (const [status, why, state] of [[403, 'role', 'refused'], [409, 'version', 'refused'], [412, 'stale', 'refused'], [423, 'closed', 'refused'], [0, 'unreachable', 'failed'], [500, 'server', 'failed']] as const) {
      const o = new Orders();
      press(o);
      o.answered('x', status, 1);
      expect(o.last('1')).toMatchObject({ state, why });
    }
  });

  it('do not lose an acceptance that comes before the answer', () => {
    const o = new Orders();
    press(o, 'hold');
    o.event(ev('order', 'x'), 5);
    o.answered('x', 202, 6);
    expect(o.last('1')?.state).toBe('accepted');
  });

  it('wait for a second person until the log says otherwise', () => {
    const o = new Orders();
    press(o, 'override');
    o.event(ev('pending', 'x'), 5);
    o.feedback('1', 'closed', 60_000);
    expect(o.last('1')?.state).toBe('pending');
  });

  it('carry keys that sort by time and are of version 7', () => {
    const r = new Uint8Array(10).fill(0xff);
    const a = uuid7(1_700_000_000_000, r);
    expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(a < uuid7(1_700_000_000_001, new Uint8Array(10))).toBe(true);
  });
});

const within: Finding = { quantity: 'gross', verdict: 'within' };
const over: Finding = { quantity: 'gross', verdict: 'exceeds', blocking: true };
const passage = (extra: Partial<Passage> = {}): Passage => ({ id: 'p', version: 3, lane: '1', direction: 'import', phase: 'awaiting', opened: '', match: { state: 'matched' }, verdict: 'within', final: true, findings: [within], ...extra });
const sit = (extra: Partial<Situation> = {}): Situation => ({ passage: passage(), user: { id: 'u1', name: 'One', roles: ['officer'] }, consoleStale: false, laneStale: false, laneOpen: true, busy: false, past: false, ...extra });
const why = (a: Parameters<typeof gate>[0], s: Situation): string => {
  const g = gate(a, s);
  return g.ok ? (g.second ? 'second' : 'ok') : g.why;
};

describe('decisions', () => {
  it('allow a release only of a final, fresh passage that nothing blocks', () => {
    expect(why('release', sit())).toBe('ok');
    expect(why('release', sit({ passage: passage({ final: false }) }))).toBe('not_final');
    expect(why('release', sit({ passage: passage({ findings: [over], verdict: 'exceeds' }) }))).toBe('blocking');
    expect(why('release', sit({ laneStale: true }))).toBe('lane_stale');
    expect(why('release', sit({ passage: passage({ phase: 'released' }) }))).toBe('decided');
    expect(why('release', sit({ passage: undefined }))).toBe('no_passage');
    expect(why('release', sit({ past: true }))).toBe('no_passage');
    expect(why('release', sit({ busy: true }))).toBe('busy');
  });

  it('lock everything while the console shows the past', () => {
    for (const a of ['release', 'hold', 'secondary', 'override', 'remeasure', 'close_lane'] as const)
      expect(why(a, sit({ consoleStale: true }))).toBe('console_stale');
  });

  it('keep hold and inspection possible while a lane is stale or still measuring', () => {
    const s = sit({ laneStale: true, passage: passage({ final: false, phase: 'measuring' }) });
    expect(why('hold', s)).toBe('ok');
    expect(why('secondary', s)).toBe('ok');
    expect(why('override', s)).toBe('lane_stale');
  });

  it('leave decisions to the three deciding roles', () => {
    for (const r of ['officer', 'radiation_officer', 'supervisor']) expect(why('hold', sit({ user: { id: 'u', name: 'U', roles: [r] } }))).toBe('ok');
    for (const r of ['central', 'analyst', 'engineer', 'auditor', 'admin']) expect(why('hold', sit({ user: { id: 'u', name: 'U', roles: [r] } }))).toBe('role');
  });

  it('offer an override only where something is to be overridden', () => {
    expect(why('override', sit())).toBe('nothing_blocks');
    expect(why('override', sit({ passage: passage({ verdict: 'undetermined' }) }))).toBe('nothing_blocks');
    const lead = { id: 'l', name: 'L', roles: ['supervisor'] };
    const p = passage({ findings: [over], verdict: 'exceeds' });
    expect(why('override', sit({ passage: p, user: lead }))).toBe('ok');
    expect(why('override', sit({ passage: p }))).toBe('supervisor');
    expect(why('override', sit({ passage: passage({ findings: [{ ...over, two_persons: true }], verdict: 'exceeds' }) }))).toBe('ok');
  });

  it('let an officer release what is undetermined, which he is shown first', () => {
    expect(why('release', sit({ passage: passage({ verdict: 'undetermined', findings: [{ quantity: 'declaration', verdict: 'undetermined', blocking: true }] }) }))).toBe('ok');
  });

  it('want a senior role beside an officer for the second signature', () => {
    const p = passage({ findings: [over], verdict: 'exceeds', pending: { action: 'override', user: 'Other', role: 'officer', at: '', order: 'o' } });
    expect(why('override', sit({ passage: p }))).toBe('senior');
    expect(why('override', sit({ passage: p, user: { id: 'r', name: 'R', roles: ['radiation_officer'] } }))).toBe('second');
  });

  it('ask another person than the first for the second signature', () => {
    const p = passage({ findings: [over], verdict: 'exceeds', pending: { action: 'override', user: 'One', at: '', order: 'o' } });
    expect(why('override', sit({ passage: p }))).toBe('own_pending');
    expect(why('override', sit({ passage: p, user: { id: 'u2', name: 'Two', roles: ['supervisor'] } }))).toBe('second');
    expect(why('override', sit({ passage: p, laneStale: true, user: { id: 'u2', name: 'Two', roles: ['supervisor'] } }))).toBe('lane_stale');
  });

  it('want a reason and fifteen characters that say something', () => {
    expect(overrideReady('permit', 'Permit 5531 shown, valid')).toBe(true);
    expect(overrideReady('', 'Permit 5531 shown, valid')).toBe(false);
    expect(overrideReady('permit', 'fourteen chars')).toBe(false);
    expect(overrideReady('permit', 'aaaaaaaaaaaaaaaaaaaa')).toBe(false);
    expect(overrideReady('permit', '               .')).toBe(false);
  });

  it('lets an own decision be taken back for five seconds, and only before the barrier was told', () => {
    const at = '2026-03-01T06:00:00Z';
    const now = Date.parse(at) + 2000;
    const held = (extra: Partial<Passage> = {}): Passage => passage({ phase: 'held', decision: { action: 'hold', user: 'One', at, order: 'o1' }, ...extra });
    const me = sit().user;
    expect(undoable(held(), me, now)).toBe(3000);
    expect(undoable(held(), me, now + 3000)).toBe(0);
    expect(undoable(held(), { id: 'u2', name: 'Two', roles: ['officer'] }, now)).toBe(0);
    expect(undoable(held(), { id: 'u1', name: 'One', roles: ['auditor'] }, now)).toBe(0);
    expect(undoable(held({ phase: 'released' }), me, now)).toBe(0);
    expect(undoable(passage(), me, now)).toBe(0);
    expect(undoable(held({ pending: { action: 'override', user: 'Two', at, order: 'o2' } }), me, now)).toBe(3000);
  });
});
