import { describe, expect, it } from 'vitest';
import { coded, stepsOf, word } from '../src/lib/derivation';
import { i18n } from '../src/lib/i18n.svelte';
import type { Explanation, Finding } from '../src/lib/types';

const finding = (quantity: string, axles?: number[], pack = 'KZ-342'): Finding => ({ quantity, axles, pack, verdict: 'exceeds' });
const explanation: Explanation = {
  passage: 'p',
  version: 1,
  same: true,
  judging: { pack: 'KZ-342', act: '', version: '2-x', shape: {}, findings: [finding('axle', [2, 2]), finding('group', [3, 5]), finding('gross')].map((f) => ({ finding: f, steps: [{ kind: 'verdict', text: f.quantity }] })) },
  advice: [{ pack: 'RU-2060', act: '', version: '2-x', shape: {}, findings: [{ finding: finding('group', [3, 5], 'RU-2060'), steps: [{ kind: 'verdict', text: 'advice' }] }] }],
};

describe('derivation', () => {
  it('finds the steps of a finding by pack, quantity and axles', () => {
    expect(stepsOf(explanation, finding('group', [3, 5]))?.at.steps[0]?.text).toBe('group');
    expect(stepsOf(explanation, finding('gross'))?.at.steps[0]?.text).toBe('gross');
    expect(stepsOf(explanation, finding('group', [3, 5], 'RU-2060'))?.at.steps[0]?.text).toBe('advice');
    expect(stepsOf(explanation, finding('axle', [1, 1]))).toBeUndefined();
    expect(stepsOf(explanation, finding('gross', undefined, 'EU-96/53'))).toBeUndefined();
  });

  it('has a sentence in every language', () => {
    const said = new Set<string>();
    for (const lang of ['kk', 'ru', 'en'] as const) {
      i18n.lang = lang;
      said.add(coded('note', 'spacing_ambiguous') ?? '');
      expect(word('row', { row: 'a.csv:2' })).toContain('a.csv:2');
    }
    expect(said.size).toBe(3);
    expect(coded('note', 'what nobody knows')).toBeUndefined();
  });
});
