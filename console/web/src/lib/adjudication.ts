// What may be done about a radiation alarm, and whether it is complete. The server checks all
// of it again, and more; this only keeps a form from promising what cannot be.

import { mayDecide } from './gate';
import type { Adjudication, Assessment, Inspection, Passage, User } from './types';

/** The codes in their groups, as a person looks for them. */
export const codes: readonly { group: string; codes: readonly number[] }[] = [
  { group: 'innocent', codes: [3, 4, 5] },
  { group: 'false', codes: [6, 7, 8, 12] },
  { group: 'real', codes: [1, 2] },
  { group: 'test', codes: [9] },
  { group: 'fault', codes: [10] },
  { group: 'other', codes: [11] },
];

/** Codes whose class does not follow from them. */
export const needsClass = (code: number): boolean => code === 2 || code === 11;

/** The classes that go with a code, where there is a choice; the first of code 5 is its own. */
export function classes(code: number): readonly string[] {
  if (code === 5) return ['industrial', 'medical', 'norm'];
  return code === 1 || needsClass(code) ? ['medical', 'norm', 'industrial', 'unexplained'] : [];
}

/** Whether a code says too little by itself, as the server asks for it. */
export function needsText(code: number, a: Adjudication | undefined): boolean {
  if ([5, 6, 7, 12].includes(code)) return false;
  if (code === 3) return !a?.hints?.some((h) => h.code === 3);
  if (code === 4) return a?.norm?.grade !== 'A';
  return code > 0;
}
export const TEXT_MIN = 15;

export function codeReady(code: number, cls: string, text: string, a?: Adjudication): boolean {
  if (code < 1 || code > 12) return false;
  if (needsClass(code) && cls === '') return false;
  return !needsText(code, a) || [...text.trim()].length >= TEXT_MIN;
}

/** The first code that the evidence suggests; 0 is none. It is offered, never chosen. */
export const suggested = (a: Adjudication | undefined): number => a?.hints?.[0]?.code ?? 0;

const senior = ['radiation_officer', 'supervisor'];
export const isSenior = (u: User | null): boolean => u?.roles.some((r) => senior.includes(r)) ?? false;

export type CaseAction = 'assess' | 'repeat' | 'secondary' | 'inspect' | 'adjudicate';

/** Keys of i18n group "casegate", or yes. */
export type May = { ok: true; second?: boolean } | { ok: false; why: 'past' | 'stale' | 'role' | 'senior' | 'own' | 'strict' | 'coded' };

export function may(action: CaseAction, p: Passage, user: User | null, now: { stale: boolean; past: boolean }): May {
  const no = (why: (May & { ok: false })['why']): May => ({ ok: false, why });
  const a = p.adjudication;
  // The bay may lie behind the barrier: a result and a code also come after the vehicle has left.
  const gone = p.phase === 'left' || p.phase === 'closed';
  if (now.past || !a || (gone && (action === 'repeat' || action === 'secondary'))) return no('past');
  if (now.stale) return no('stale');
  if (!mayDecide(user)) return no('role');
  if (action === 'inspect') return isSenior(user) ? { ok: true } : no('senior');
  if (action !== 'adjudicate') return { ok: true };
  if (a.coded) return no('coded');
  if (a.strict && !isSenior(user)) return no('strict');
  if (!a.pending) return { ok: true };
  if (a.pending.user === user?.id || a.pending.user === user?.name) return no('own');
  return a.pending.role === 'officer' && !isSenior(user) ? no('senior') : { ok: true, second: true };
}

/** The questions of the assessment with their answers, in the order of the screen. */
export const questions: readonly { id: keyof Assessment; answers: readonly string[] }[] = [
  { id: 'neutron', answers: ['yes', 'no', 'unknown'] },
  { id: 'shape', answers: ['peak', 'plateau', 'unknown'] },
  { id: 'place', answers: ['cab', 'cargo', 'both', 'unknown'] },
  { id: 'declared', answers: ['yes', 'no', 'unknown'] },
  { id: 'guard', answers: ['yes', 'no', 'unknown'] },
  { id: 'speed', answers: ['yes', 'no', 'unknown'] },
];

/** The answers to begin with: as given before, else as the system proposes them. */
export function prefilled(a: Adjudication | undefined): Assessment {
  return { neutron: 'unknown', shape: 'unknown', place: 'unknown', declared: 'unknown', guard: 'unknown', speed: 'unknown', ...a?.proposed, ...a?.answers };
}

export const DOSE_UNITS = { usvh: 1000, nsvh: 1, msvh: 1_000_000 } as const;
export type DoseUnit = keyof typeof DOSE_UNITS;
/** 10 Sv/h, beyond which the server takes no dose rate. */
const DOSE_MAX = 10_000_000_000;

/** A typed dose rate in nSv/h: undefined is empty, null cannot be read. */
export function dose(text: string, unit: DoseUnit): number | undefined | null {
  const s = text.trim().replace(',', '.');
  if (s === '') return undefined;
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(s)) return null;
  const v = Math.round(Number(s) * DOSE_UNITS[unit]);
  return v <= DOSE_MAX ? v : null;
}

/** Nuclides as people write them, apart by comma, space or line: Cs-137, not cs137. */
export function nuclides(text: string): string[] {
  const out: string[] = [];
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const m = /^([a-zA-Z]{1,2})-?(\d{1,3}m?)$/.exec(part) ?? /^(\d{1,3}m?)-?([a-zA-Z]{1,2})$/.exec(part);
    const [el, n] = m ? (/^\d/.test(m[1] ?? '') ? [m[2] ?? '', m[1] ?? ''] : [m[1] ?? '', m[2] ?? '']) : ['', ''];
    const name = m ? `${el.charAt(0).toUpperCase()}${el.slice(1).toLowerCase()}-${n}` : part;
    if (!out.includes(name)) out.push(name);
  }
  return out;
}

/** What an inspection still lacks, in keys of group "inspectgate"; empty is complete. */
export function lacks(x: Partial<Inspection>, unread: boolean): string[] {
  const out: string[] = [];
  if (unread) out.push('unread');
  if (x.dose_1m_nsvh === undefined) out.push('dose');
  if (x.dose_1m_nsvh !== undefined && x.dose_10cm_nsvh !== undefined && x.dose_1m_nsvh > x.dose_10cm_nsvh) out.push('farther');
  if (!x.neutron) out.push('neutron');
  if (!x.instrument?.trim()) out.push('instrument');
  if (!x.serial?.trim()) out.push('serial');
  return out;
}

/** At or above it nobody stays near (IAEA's transport limit at 1 m). */
export const EVACUATE_NSVH = 100_000;
