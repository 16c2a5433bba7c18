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
  const what = f.text ? `${subject(f)}: ${f.text}` : subject(f);
  if (f.verdict === 'undetermined' || !s || !s.limit) {
    return f.reason ? `${what} – ${reason(f.reason)}` : what;
  }
  const judged = s.judged ? ` = ${s.judged}` : '';
  return `${what} ${s.left}${judged} ${s.sign} ${s.limit}`;
}

/** The reason in the officer's language where the catalogue has it. */
export function reason(r: string): string {
  const key = r.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
  const word = term('reason', key);
  return word === key.replace(/_/g, ' ') ? r : word;
}

/** The clause with its pack: "KZ-342, cl. 5 (axle_limits 3)". */
export function law(f: Finding): string {
  return [f.pack, f.clause].filter(Boolean).join(' · ');
}

/** What the letter of the evidence mark means. */
export function mark(m: string | undefined): string {
  return m ? t(`mark.${m}` as Key) : '';
}
