// How long a certificate is valid, counted in the civil days of the site.

import { toLocal } from './fmt';
import type { Certificate } from './types';

export type Validity = { kind: 'valid' | 'over' | 'early'; days: number };

const DAY = 86_400_000;

/** Days until the last day, which counts, or since then; until the first day where it lies ahead. */
export function state(c: Pick<Certificate, 'issued' | 'expires'>, now: number, zone: string): Validity {
  const today = Date.parse(toLocal(now, zone).slice(0, 10));
  const [from, to] = [Date.parse(c.issued), Date.parse(c.expires)];
  if (today < from) return { kind: 'early', days: (from - today) / DAY };
  // A day that cannot be read is never a day to come.
  return today <= to ? { kind: 'valid', days: (to - today) / DAY } : { kind: 'over', days: (today - to) / DAY || 0 };
}

/** Whether the last day had passed when it measured. */
export function past(expires: string | undefined, at: string, zone: string): boolean {
  return expires !== undefined && toLocal(Date.parse(at), zone).slice(0, 10) > expires;
}
