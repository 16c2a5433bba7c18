// The declaration beside what was measured and read, field by field.

import { best, textOf } from './plates';
import { declaredFor, plain } from './reading';
import { ofQuantity } from './findings';
import type { Declaration, Passage } from './types';

/** same, about (inside the tolerance), differs, not_comparable, not_received. */
export type Outcome = 'same' | 'about' | 'differs' | 'not_comparable' | 'not_received';

export interface Row {
  /** i18n key of group "field". */
  field: string;
  declared?: string;
  found?: string;
  /** Masses are formatted by the page. */
  declaredKg?: number;
  foundKg?: number;
  deltaKg?: number;
  delta?: string;
  outcome: Outcome;
}

function text(field: string, declared: string | undefined, found: string | undefined): Row {
  const d = declared || undefined;
  const f = found || undefined;
  const outcome: Outcome = !f || !d ? 'not_comparable' : plain(d) === plain(f) ? 'same' : 'differs';
  return { field, declared: d, found: f, outcome };
}

/** The rows of the comparison; empty where there is no declaration. */
export function rows(p: Passage): Row[] {
  const d = p.declaration;
  if (!d) return [];
  const front = best(p.plates, 'front');
  const trailer = best(p.plates, 'trailer') ?? best(p.plates, 'rear');
  const out: Row[] = [text('plate_tractor', declaredFor('front', d, ''), textOf(front))];
  const declTrailer = declaredFor('trailer', d, '');
  if (declTrailer || trailer) out.push(text('plate_trailer', declTrailer, textOf(trailer)));
  const unit = d.units?.find((u) => u.plate === declaredFor('front', d, ''));
  if (unit?.country || front?.country) out.push(text('country', unit?.country, front?.country));
  out.push(mass(p, d));
  const boxes = p.plates?.map((x) => x.container).find(Boolean);
  if (d.containers?.length || boxes) {
    const known = d.containers?.map((c) => c.id) ?? [];
    const hit = boxes ? known.find((id) => plain(id) === plain(boxes)) : undefined;
    out.push(text('container', hit ?? known.join(', '), boxes));
  }
  const adr = p.plates?.map((x) => x.adr).find(Boolean);
  if (adr) out.push({ field: 'adr', found: adr, outcome: 'not_comparable' });
  return out;
}

/** Declared gross mass of the goods against the measured one, as the server judged it. */
function mass(p: Passage, d: Declaration): Row {
  const f = ofQuantity(p.findings, 'declared_mass');
  const declaredKg = d.totals?.gross_kg;
  if (!f || f.measured === undefined) {
    return { field: 'gross', declaredKg, foundKg: p.gross?.mass_kg, outcome: 'not_comparable' };
  }
  // The vehicle's own mass lies between, so the gap is that of the expected interval.
  const sign = f.limit !== undefined && f.measured < f.limit ? -1 : 1;
  const deltaKg = f.excess === undefined ? undefined : sign * f.excess;
  const outcome: Outcome =
    f.verdict === 'exceeds' ? 'differs' : f.verdict === 'undetermined' ? 'not_comparable' : 'about';
  return { field: 'gross', declaredKg, foundKg: f.measured, deltaKg, outcome };
}

/** Facts of the declaration that nothing measures. */
export function facts(d: Declaration): { field: string; value: string }[] {
  const join = (...s: (string | undefined)[]): string => s.filter(Boolean).join(' → ');
  const all: [string, string | undefined][] = [
    ['document', d.mrn ?? d.lrn ?? d.id],
    ['procedure', [d.kind, d.procedure].filter(Boolean).join(' · ')],
    ['carrier', d.parties?.carrier],
    ['consignor', d.parties?.consignor],
    ['consignee', d.parties?.consignee],
    ['offices', join(d.offices?.departure, d.offices?.border ?? d.offices?.entry, d.offices?.destination)],
    ['route', d.route?.join(' → ')],
    ['deadline', d.deadline],
    ['seals', d.seals?.join(', ')],
    ['packages', d.totals?.packages === undefined ? undefined : String(d.totals.packages)],
    ['permits', d.permits?.map((x) => x.id).join(', ')],
  ];
  return all.filter((x): x is [string, string] => !!x[1]).map(([field, value]) => ({ field, value }));
}
