import { describe, expect, it } from 'vitest';
import { laneFresh } from '../src/lib/fresh';
import { headline } from '../src/lib/findings';
import type { DeviceState, LaneState, Passage } from '../src/lib/types';

const lane = (over: Partial<DeviceState> = {}): LaneState => ({
  lane: '1', version: 1, mode: '', open: true, barrier: 'closed', light: 'red', updated: '',
  devices: [{ name: 'wim-1', class: 'wim', state: 'online' }, { name: 'rpm-1', class: 'rpm', state: 'online', ...over }, { name: 'cam-1', class: 'anpr', state: 'online' }],
});
const ages = (rpm = 300, l = 100): Record<string, number> => ({ 'lane/1': l, 'lane/1/wim-1': 200, 'lane/1/rpm-1': rpm, 'lane/1/cam-1': 8000 });

describe('freshness of a lane', () => {
  it('is given while all devices and the heartbeat are young', () => {
    expect(laneFresh(lane(), ages(), 10_000, 10_500)).toMatchObject({ stale: false, noData: [] });
  });

  it('ends when a device is silent for longer than its class allows', () => {
    expect(laneFresh(lane(), ages(1900), 0 + 10_000, 10_050).stale).toBe(false);
    expect(laneFresh(lane(), ages(1900), 10_000, 10_150)).toMatchObject({ stale: true, noData: ['rpm'] });
  });

  it('ends when a device is offline, unless the lane can do without it', () => {
    expect(laneFresh(lane({ state: 'offline' }), ages(), 10_000, 10_000)).toMatchObject({ stale: true, noData: ['rpm'] });
    expect(laneFresh(lane({ state: 'offline', optional: true }), ages(), 10_000, 10_000).stale).toBe(false);
  });

  it('ends three seconds after the last word of its fusion, also when no heartbeat comes at all', () => {
    expect(laneFresh(lane(), { 'lane/1': 3100 }, 10_000, 10_000).stale).toBe(true);
    expect(laneFresh(lane(), {}, 10_000, 13_100).stale).toBe(true);
    expect(laneFresh(lane(), {}, 0, 1).stale).toBe(true);
  });
});

describe('verdict line', () => {
  const p = (x: Partial<Passage>): Passage => ({ id: 'p', version: 1, lane: '1', direction: '', phase: 'awaiting', opened: '', match: { state: 'matched' }, verdict: 'within', final: true, ...x });
  it('never says within of what is stale, unfinished or incomplete', () => {
    expect(headline(p({}), false)).toBe('within');
    expect(headline(p({}), true)).toBe('no_verdict');
    expect(headline(p({ final: false }), false)).toBe('measuring');
    expect(headline(p({ missing: ['rpm'] }), false)).toBe('undetermined');
    expect(headline(p({ verdict: 'undetermined' }), false)).toBe('undetermined');
  });
  it('keeps saying exceeds when data is lost', () => {
    expect(headline(p({ verdict: 'exceeds' }), true)).toBe('exceeds');
    expect(headline(p({ verdict: 'exceeds', final: false }), false)).toBe('exceeds');
  });
});
