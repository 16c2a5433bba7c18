// Findings as an officer needs them: how urgent, about what, and with which arithmetic.

import type { Finding, Passage, Verdict } from './types';

/** 1 high, 2 medium, 3 low; 0 needs nobody. */
export type Priority = 0 | 1 | 2 | 3;

export function priority(f: Finding): Priority {
  if (f.verdict === 'within') return 0;
  if (f.verdict === 'undetermined') return f.blocking ? 2 : 3;
  return f.quantity === 'radiation' || f.quantity === 'goods' || f.two_persons ? 1 : 2;
}

/** Inside the tolerance: no violation, and still worth a look. */
export function tolerated(f: Finding): boolean {
  return f.verdict === 'within' && f.reason === 'within tolerance';
}

/**
 * The findings of a passage that say something now, worst first: while it is being
 * measured, "not measured yet" is no news.
 */
export function pressing(p: Passage | undefined): Finding[] {
  return ranked(p?.findings).filter((f) => priority(f) > 0 && (p?.final || f.verdict === 'exceeds'));
}

export function worst(list: readonly Finding[]): Priority {
  let p: Priority = 0;
  for (const f of list) {
    const q = priority(f);
    if (q !== 0 && (p === 0 || q < p)) p = q;
  }
  return p;
}

/** Nothing comes before neutrons: no load explains them. */
export const neutron = (f: Finding): boolean => f.quantity === 'radiation' && f.text === 'neutron';

/** What needs attention first: by priority, neutrons, the larger excess, then as they came. */
export function ranked(list: readonly Finding[] | undefined): Finding[] {
  const key = (f: Finding): number => priority(f) || 4;
  return [...(list ?? [])]
    .map((f, i) => ({ f, i }))
    .sort((a, b) => key(a.f) - key(b.f) || +neutron(b.f) - +neutron(a.f) || (b.f.excess_bp ?? 0) - (a.f.excess_bp ?? 0) || a.i - b.i)
    .map((x) => x.f);
}

/** The numbers of a finding: measured − deduction = judged against limit. */
export interface Arithmetic {
  measured: number;
  tolerance: number;
  judged: number;
  limit: number | undefined;
  sign: '>' | '≤';
  unit: string;
}

export function arithmetic(f: Finding): Arithmetic | undefined {
  if (f.measured === undefined) return undefined;
  const tolerance = f.tolerance ?? 0;
  // Thousandths, as the server counts: 12.4 - 0.53 must not become 11.870000000000001.
  const judged = Math.round((f.measured - tolerance) * 1000) / 1000;
  const over = f.limit !== undefined && judged > f.limit;
  return { measured: f.measured, tolerance, judged, limit: f.limit, sign: over ? '>' : '≤', unit: f.unit ?? '' };
}

/** The findings about one axle, one group or a whole quantity. */
export function ofAxle(list: readonly Finding[] | undefined, axle: number): Finding | undefined {
  return list?.find((f) => f.quantity === 'axle' && f.axles?.[0] === axle && (f.axles[1] ?? axle) === axle);
}
export function groups(list: readonly Finding[] | undefined): Finding[] {
  return (list ?? []).filter((f) => f.quantity === 'group' && f.axles !== undefined && f.axles.length > 0);
}
export function ofQuantity(list: readonly Finding[] | undefined, q: string): Finding | undefined {
  return list?.find((f) => f.quantity === q);
}

/** The kinds of violation of a passage, worst first, each once: the chips of a tile. */
export function chips(p: Passage): { kind: string; priority: Priority }[] {
  const out: { kind: string; priority: Priority }[] = [];
  for (const f of pressing(p)) {
    const pr = priority(f);
    const kind = neutron(f) ? 'neutron' : f.quantity;
    if (out.some((c) => c.kind === kind)) continue;
    out.push({ kind, priority: pr });
  }
  return out;
}

/** Whether something exceeds: then only a hold, an inspection or an override decides. */
export function blocked(p: Passage): boolean {
  return p.verdict === 'exceeds' || (p.findings ?? []).some((f) => f.blocking && f.verdict === 'exceeds');
}

/** Whether letting it go needs two persons. */
export function twoPersons(p: Passage): boolean {
  return (p.findings ?? []).some((f) => f.two_persons && f.verdict === 'exceeds');
}

/** The word of the verdict line. Nothing that is not final and fresh is called within. */
export type Headline =
  | 'free'
  | 'no_verdict'
  | 'measuring'
  | 'exceeds'
  | 'undetermined'
  | 'within';

export function headline(p: Passage | undefined, stale: boolean): Headline {
  if (!p) return 'free';
  const v: Verdict = p.verdict;
  if (v === 'exceeds') return 'exceeds';
  if (stale && !p.decision) return 'no_verdict';
  if (!p.final) return 'measuring';
  return v === 'within' && (p.missing?.length ?? 0) === 0 ? 'within' : 'undetermined';
}
