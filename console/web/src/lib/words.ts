// Sentences about findings: one wording for verdict line, list and drawing.

import { arithmetic, type Arithmetic } from './findings';
import { age, NONE, type Fmt } from './fmt';
import { i18n, t, term, type Key } from './i18n.svelte';
import type { Finding, MatchCandidate } from './types';

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
    // What cannot be judged is set beside its limit, never below it.
    sign: a.limit === undefined ? '' : f.verdict === 'undetermined' ? '/' : a.sign,
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
  return key !== '' && i18n.has(group, key) ? term(group, key) : text;
}

/** The reason of a finding; of "head: detail; more" each known part is translated. */
export function reason(r: string): string {
  return r
    .split('; ')
    .map((part) => {
      for (const group of ['reason', 'flag']) {
        const whole = slugTerm(group, part);
        if (whole !== part) return whole;
      }
      // Which of our tests, the profile says, with their figures.
      const ours = /^(gamma alarm of .*our test)s?\b/.exec(part);
      if (ours) return slugTerm('reason', ours[1] ?? '');
      const off = /^(\S+) is (offline|degraded)(?:: (.*))?$/.exec(part);
      if (off) return `${off[1]}: ${off[2] === 'offline' ? term('reason', 'device_offline') : term('health', off[2])}${off[3] ? `: ${reason(off[3])}` : ''}`;
      const mute = /^(?:\S+: )?no line understood for (\d+)[\d.]*s\b/.exec(part);
      if (mute) return `${t('reason.no_line_understood')} ${mute[1]} ${t('unit.s')}`;
      const late = /^(\S+) has not reported$/.exec(part);
      if (late) return `${late[1]}: ${term('reason', 'not_reported')}`;
      const pack = /^there is no rule pack (\S+)$/.exec(part);
      if (pack) return `${term('reason', 'no_rule_pack')}: ${pack[1]}`;
      const many = /^ambiguous: (\d+) declarations may be its own$/.exec(part);
      if (many) return `${term('reason', 'ambiguous')}: ${t('match.candidates', { n: many[1] ?? '' })}`;
      const cert = certificate(part);
      if (cert) return cert;
      const [head = '', ...rest] = part.split(': ');
      return rest.length > 0 ? `${slugTerm('reason', head)}: ${rest.join(': ')}` : part;
    })
    .join('; ');
}

/** A day, YYYY-MM-DD of the site, as people here write it. */
export const day = (d: string): string => d.split('-').reverse().join('.');

/** What a certificate is to an instrument, or its bounds to a speed; undefined if s says neither. */
export function certificate(s: string): string | undefined {
  const none = /^no certificate of (\S+)$/.exec(s);
  if (none) return t('cert.of_none', { device: none[1] ?? '' });
  const c = /^certificate (.+) of (\S+) (?:is a (simulator)'s|(expired|expires) on (\S+)|is valid from (\S+))$/.exec(s);
  if (c) return t(`cert.of_${c[3] ?? c[4] ?? 'early'}` as Key, { n: c[1] ?? '', device: c[2] ?? '', day: day(c[5] ?? c[6] ?? '') });
  const v = /^speed (?:([\d.]+) km\/h outside the approved|not measured: only) (.+) km\/h(?: are approved)?$/.exec(s);
  return v ? t(v[1] ? 'cert.speed' : 'cert.no_speed', { v: v[1] ?? '', ranges: (v[2] ?? '').replace(/ to /g, '–') }) : undefined;
}

/** Evidence that a candidate's own marks say already. */
export function flagged(w: string): boolean {
  return w === 'plate equal' || w === 'second evidence agrees';
}

const apart = /^(.+?) reads (.+) where the camera reads (.+)$/;

/** One evidence of a match in the officer's language. */
export function evidence(w: string): string {
  const [, reader = '', text = '', camera = ''] = apart.exec(w) ?? [];
  return reader ? t('match.apart', { reader, text, camera }) : slugTerm('why', w);
}

/** Evidence that keeps a match from counting as certain. */
export const against = (w: string): boolean => w === 'a plate differs from the declaration' || apart.test(w);

/** Why a declaration may be the vehicle's own, each evidence once. */
export function why(c: MatchCandidate): string {
  const more = (c.why ?? []).filter((w) => !flagged(w)).map(evidence);
  return [c.exact ? t('match.exact') : '', c.second ? t('match.second') : '', ...more].filter(Boolean).join(' · ');
}

/** Why an order was refused, without the name of the action in front. */
export function refusal(why: string): string {
  const text = why.replace(/^\w+ refused: /, '');
  if (/^the role \S* ?does not decide$/.test(text)) return t('refusal.role');
  const words = /^code (\d+) needs at least (\d+) characters of text$/.exec(text);
  if (words) return t('case.needs_text', { n: words[2] ?? '' });
  const lapsed = /^no second person within (\d+) minutes: the order of (\S+) has lapsed$/.exec(text);
  if (lapsed) return t('say.lapsed', { n: lapsed[1] ?? '', user: lapsed[2] ?? '' });
  const taken = /^it is (acknowledged already|shelved) by (.+)$/.exec(text);
  if (taken) return t(taken[1] === 'shelved' ? 'refusal.shelved' : 'refusal.acknowledged', { user: taken[2] ?? '' });
  const doc = /^there is no (?:passage|declaration|alarm|reading of) (\S*)$/.exec(text);
  if (doc) return t('refusal.unknown', { id: doc[1] ?? '' });
  return slugTerm('refusal', text);
}

/** A remark of a finding. Codes and known sentences are translated; names of goods stay. */
export function note(n: string, fmt: Fmt): string {
  const norm = /^declared goods radiate by nature: (.+); expected profile: (.+)$/.exec(n);
  if (norm) return t('note.norm', { goods: norm[1] ?? '', profile: (norm[2] ?? '').split('; ').map((x) => slugTerm('profile', x)).join('; ') });
  const expect = /^expected (\d+)(?:\.\d+)?kg to (\d+)(?:\.\d+)?kg$/.exec(n);
  if (expect) return t('note.expected', { from: value(Number(expect[1]), 'kg', fmt), to: value(Number(expect[2]), 'kg', fmt) });
  const unmade = /^test (.+) not made: (.+)$/.exec(n);
  if (unmade) return `${slugTerm('radtest', unmade[1] ?? '')}: ${slugTerm('radfault', unmade[2] ?? '')}`;
  const known = slugTerm('note', n);
  if (known !== n) return known;
  const [head = '', ...rest] = n.split(': ');
  const word = slugTerm('note', head);
  if (rest.length > 0 && word !== head) return `${word}: ${rest.join(': ')}`;
  const permit = /^permit (.+)$/.exec(n);
  return permit ? `${term('note', 'permit')}: ${permit[1]}` : n.replace(/_/g, ' ');
}

/** The consequence of an excess: "KZ-571: ..." with the pack's own sentences translated. */
export function band(text: string, fmt: Fmt): string {
  const [pack = '', ...rest] = text.split(': ');
  const what = rest.join(': ');
  const part = /^part (\d+): RUB (\d+)(?: (.+))?$/.exec(what);
  if (part) return `${pack}: ${[t('band.part', { n: part[1] ?? '', sum: fmt.int(Number(part[2])) }), part[3] ? slugTerm('band', part[3]) : ''].filter(Boolean).join(' ')}`;
  return what ? `${pack}: ${slugTerm('band', what)}` : text;
}

/** A span with its unit: "36 s", "3:05 min", "2:10:00 h"; an em dash alone where unknown. */
export function lasting(ms: number | undefined): string {
  const a = age(ms);
  if (a === NONE) return a;
  return `${a} ${t((['unit.s', 'unit.min', 'unit.h'] as const)[a.split(':').length - 1] ?? 'unit.h')}`;
}

/** What a driver says about its instrument's state. */
export function deviceReason(r: string, fmt: Fmt): string {
  const ready = /^scanner (\d+) calibrated: height (\d+) mm, roll (-?[\d.]+) degrees$/.exec(r);
  if (ready) return t('devices.calibrated', { n: ready[1] ?? '', height: value(Number(ready[2]), 'mm', fmt), roll: fmt.dec2(Number(ready[3])) });
  const slow = /^([\d.]+) samples\/s, rolling weighing needs ([\d.]+): only axles that stop are weighed$/.exec(r);
  if (slow) return t('devices.slow', { rate: fmt.dec1(Number(slow[1])), need: slow[2] ?? '' });
  return reason(r);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The act's name and date in the officer's language; what follows it stays as the pack says it. */
function clause(c: string): string {
  const m = /^(Order|Government Decree|Minsk agreement)(?: (\d+))? of (\d+) (\w{3}) (\d{4})(.*)$/.exec(c);
  if (!m) return slugTerm('clause', c);
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${two(Number(m[3]))}.${two(MONTHS.indexOf(m[4] ?? '') + 1)}.${m[5]}`;
  const key = ({ Order: 'act.order', 'Government Decree': 'act.decree' } as const)[m[1] as 'Order' | 'Government Decree'] ?? 'act.minsk';
  const rest = (m[6] ?? '').replace(/^: /, '');
  return [t(key, { n: m[2] ?? '', date }), rest ? slugTerm('clause', rest) : ''].filter(Boolean).join(': ');
}

/** The clause with its pack: "KZ-342, cl. 5 (axle_limits 3)". */
export function law(f: Finding): string {
  return [f.pack, f.clause ? clause(f.clause) : ''].filter(Boolean).join(' · ');
}

/** What the letter of the evidence mark means. */
export function mark(m: string | undefined): string {
  return m ? t(`mark.${m}` as Key) : '';
}
