// Sentences about findings: one wording for verdict line, list and drawing.

import { arithmetic, type Arithmetic } from './findings';
import type { Fmt } from './fmt';
import { t, term, type Key } from './i18n.svelte';
import type { Finding } from './types';

/** What a finding is about: "axle 2", "axles 3–5", "height". */
export function subject(f: Finding): string {
  const [from, to] = f.axles ?? [];
  if (f.quantity === 'axle' && from !== undefined) return t('subject.axle', { n: from });
  if (f.quantity === 'group' && from !== undefined && to !== undefined) return t('subject.group', { from, to });
  return term('quantity', f.quantity);
}

/** The subject with what the finding says of itself: "goods: fertilisers". */
export function title(f: Finding): string {
  return f.text ? `${subject(f)}: ${slugTerm('text', f.text)}` : subject(f);
}

/** A value in the unit that officers use: tonnes, metres, sigmas. */
export function value(v: number | undefined, unit: string, fmt: Fmt): string {
  if (v === undefined) return '—';
  if (unit === 'kg') return `${fmt.t(v)} ${t('unit.t')}`;
  if (unit === 'mm') return `${fmt.mm(v)} ${t('unit.m')}`;
  if (unit === 'sigma') return `${fmt.dec1(v)} σ`;
  return `${fmt.dec2(v)}${unit ? ` ${unit}` : ''}`;
}

/** "12,40 t − 0,53 t = 11,87 t > 10,50 t"; undefined where nothing was measured. */
export function sum(f: Finding, fmt: Fmt): { left: string; judged: string; sign: string; limit: string } | undefined {
  const a: Arithmetic | undefined = arithmetic(f);
  if (!a) return undefined;
  const v = (x: number): string => value(x, a.unit, fmt);
  if (f.quantity === 'declared_mass') {
    // An interval against an interval: lighter is a mismatch too, and nothing is deducted.
    const sign = a.limit === undefined ? '' : f.excess === undefined ? '≤' : a.measured > a.limit ? '>' : '<';
    const left = a.tolerance > 0 ? `${v(a.measured)} ±${v(a.tolerance)}` : v(a.measured);
    return { left, judged: '', sign, limit: a.limit === undefined ? '' : v(a.limit) };
  }
  return {
    left: a.tolerance > 0 ? `${v(a.measured)} − ${v(a.tolerance)}` : v(a.measured),
    judged: a.tolerance > 0 ? v(a.judged) : '',
    sign: a.limit === undefined ? '' : a.sign,
    limit: a.limit === undefined ? '' : v(a.limit),
  };
}

/** One line for the verdict: the subject and its numbers, or its reason. */
export function brief(f: Finding, fmt: Fmt): string {
  const s = sum(f, fmt);
  const what = title(f);
  if (f.verdict === 'undetermined' || !s || !s.limit) {
    const seen = s && f.verdict === 'exceeds' ? `${what} ${s.left}` : what;
    return f.reason ? `${seen} – ${reason(f.reason)}` : seen;
  }
  const judged = s.judged ? ` = ${s.judged}` : '';
  return `${what} ${s.left}${judged} ${s.sign} ${s.limit}`;
}

/** A sentence of the server in the officer's language where the catalogue has it. */
export function slugTerm(group: string, text: string): string {
  const key = text.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
  const word = term(group, key);
  return key === '' || word === key.replace(/_/g, ' ') ? text : word;
}

/** The reason of a finding; of "head: detail; more" each known part is translated. */
export function reason(r: string): string {
  return r
    .split('; ')
    .map((part) => {
      const whole = slugTerm('reason', part);
      if (whole !== part) return whole;
      const flag = slugTerm('flag', part);
      if (flag !== part) return flag;
      const off = /^(\S+) is offline(.*)$/.exec(part);
      if (off) return `${off[1]}: ${term('reason', 'device_offline')}${off[2]}`;
      const [head = '', ...rest] = part.split(': ');
      return rest.length > 0 ? `${slugTerm('reason', head)}: ${rest.join(': ')}` : part;
    })
    .join('; ');
}

/** Why an order was refused, without the name of the action in front. */
export function refusal(why: string): string {
  return slugTerm('refusal', why.replace(/^\w+ refused: /, ''));
}

/** The clause with its pack: "KZ-342, cl. 5 (axle_limits 3)". */
export function law(f: Finding): string {
  return [f.pack, f.clause].filter(Boolean).join(' · ');
}

/** What the letter of the evidence mark means. */
export function mark(m: string | undefined): string {
  return m ? t(`mark.${m}` as Key) : '';
}
