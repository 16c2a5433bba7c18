// Texts of the log in the officer's language. The core writes them once, in English and in
// base units, because the journal must read the same everywhere; here each known form is
// said anew, and what is not known stays as it was written.

import { chips } from './findings';
import type { Fmt } from './fmt';
import { t, term } from './i18n.svelte';
import { certificate, deviceReason, refusal, slugTerm, value } from './words';
import type { Alarm, LogEvent, Passage } from './types';

interface Context {
  e: LogEvent;
  p: Passage | undefined;
  fmt: Fmt;
}
type Say = (m: string[], c: Context) => string;

/** "46.12 t ± 0.53 t"; an uncertainty of zero is not known and is left out. */
function spread(v: string, u: string, unit: string, fmt: Fmt): string {
  const main = value(Number(v), unit, fmt);
  return Number(u) > 0 ? `${main} ± ${value(Number(u), unit, fmt)}` : main;
}

/** "held" with what follows the colon, a reason code of an order. */
const because = (head: string, code: string | undefined): string => (code ? `${head}: ${term('reasons', code)}` : head);

/** The document's number where the passage knows it. */
function document(id: string, p: Passage | undefined): string {
  const d = p?.declaration;
  return d && d.id === id ? (d.mrn ?? d.lrn ?? id) : id;
}

const signal = (what: string): string => {
  const [device = '', name] = what.split('/');
  return name ? `${term('loop', name)} (${device})` : device;
};

const N = '(-?[\\d.]+)';
const size = `${N}mm ± ${N}mm`;

/** The forms of the core's texts, by kind where the same words mean different things. */
const forms: [RegExp, Say][] = [
  [/^seen by (\S+)$/, (m) => t('say.seen', { what: signal(m[1] ?? '') })],
  [/^came again over the entry loop$/, () => t('say.again')],
  [new RegExp(`^(\\d+) axles, gross ${N}kg ± ${N}kg$`), (m, c) => t('say.weighed', { n: m[1] ?? '', gross: spread(m[2] ?? '', m[3] ?? '', 'kg', c.fmt) })],
  [
    new RegExp(`^length ${size}, width ${size}, height ${size}$`),
    (m, c) => {
      const d = (i: number): string => (Number(m[i]) > 0 ? spread(m[i] ?? '', m[i + 1] ?? '', 'mm', c.fmt) : '—');
      return t('say.size', { l: d(1), w: d(3), h: d(5) });
    },
  ],
  [/^declaration (matched|ambiguous|none) ?(\S*)$/, (m, c) => [term('match', m[1]), document(m[2] ?? '', c.p)].filter(Boolean).join(': ')],
  [/^barrier (\w+)$/, (m) => term('barrier', m[1])],
  [/^released by the green path$/, () => t('decided.green')],
  [/^released$/, () => t('decided.release')],
  [/^held(?:: (.+))?$/, (m) => because(t('decided.hold'), m[1])],
  [/^sent to secondary inspection(?:: (.+))?$/, (m) => because(t('decided.secondary'), m[1])],
  [/^override by (\S+) waits for a second person$/, (m) => t('pending.line', { action: bare('override'), user: m[1] ?? '' })],
  [/^override by (\S+) and (\S+?)(?:: (.+))?$/, (m) => because(`${bare('override')}: ${m[1]} + ${m[2]}`, m[3])],
  [/^taken back: (\w+)(?:, .+)?$/, (m) => t('say.undone', { what: bare(m[1] ?? '') })],
  [/^override(?:: (.+))?$/, (m) => because(bare('override'), m[1])],
  [/^(close_lane|open_lane)$/, (m) => bare(m[1] ?? '')],
  [/^measured again$/, () => t('say.remeasure')],
  [/^plate corrected: (.*) is (\S+)( \(.*\))?$/, (m) => t('say.corrected', { from: m[1] || '—', to: m[2] ?? '' }) + (m[3] ?? '')],
  [/^plate confirmed: (\S+)( \(.*\))?$/, (m) => t('say.confirmed', { text: m[1] ?? '' }) + (m[2] ?? '')],
  [/^plate entered: (\S+)$/, (m) => t('say.entered', { text: m[1] ?? '' })],
  [/^declaration chosen by (\S+)$/, () => t('say.chosen')],
  [/^(\w+) refused: (.+)$/, (m) => `${bare(m[1] ?? '')}: ${refusal(m[2] ?? '')}`],
  [/^no second person within .+$/, (m) => refusal(m[0] ?? '')],
  [/^the release by (.+) is taken back$/, (m) => t('say.revoked', { by: m[1] === 'the green path' ? t('say.green') : (m[1] ?? '') })],
  [/^the verdict stays (\w+)(?: (after .+))?$/, (m) => [t('say.stays', { verdict: term('outcome', m[1]) }), m[2] ? slugTerm('say', m[2]) : ''].filter(Boolean).join(', ')],
  [
    /^the verdict changed from (\w+) to (\w+)(?: (after .+))?$/,
    (m) => [t('say.changed', { from: term('outcome', m[1]), to: term('outcome', m[2]) }), m[3] ? slugTerm('say', m[3]) : ''].filter(Boolean).join(', '),
  ],
  [/^acknowledged: (.+)$/, (m, c) => t('say.acknowledged', { what: inner(m[1] ?? '', c) })],
  [/^shelved for (\d+) minutes \((.+?)\): (.+)$/, (m, c) => t('say.shelved', { n: m[1] ?? '', why: term('shelf', m[2]), what: inner(m[3] ?? '', c) })],
  [/^taken from the shelf: (.+)$/, (m, c) => t('say.unshelved', { what: inner(m[1] ?? '', c) })],
  [/^back from the shelf: (.+)$/, (m, c) => t('say.shelf_over', { what: inner(m[1] ?? '', c) })],
  [/^off the shelf, its cause has gone: (.+)$/, (m, c) => t('say.shelf_gone', { what: inner(m[1] ?? '', c) })],
  [/^more than (\d+) alarms stand: not listed any more: (.+)$/, (m, c) => t('say.alarms_full', { n: m[1] ?? '', what: inner(m[2] ?? '', c) })],
  [/^the clock was set back by (\S+)$/, (m) => t('say.clock_back', { by: m[1] ?? '' })],
  [/^passage closed(?:: (.+))?$/, (m) => (m[1] ? slugTerm('say', m[1]) : t('phase.closed'))],
  [/^the journal refuses: (.+)$/, (m) => t('say.journal', { why: m[1] ?? '' })],
  [/^input (\d+) stopped the lane's core and is left out: check the open passages by hand$/, (m) => t('say.quarantine', { n: m[1] ?? '' })],
  [/^(parameters|rule packs) (\S+) could not be used$/, (m) => t(m[1] === 'parameters' ? 'say.parameters' : 'say.packs', { v: m[2] ?? '' })],
  [/^more than (\d+) passages open: the oldest is closed unjudged$/, (m) => t('say.too_many', { n: m[1] ?? '' })],
];

/** An action by its bare name: the dots of a button announce a question. */
const bare = (action: string): string => term('action', action).replace('…', '');

/** The text of an alarm inside another one; it does not say of which kind it was. */
const inner = (text: string, c: Context): string => said({ ...c.e, kind: device.test(text) ? 'device' : '', text }, undefined, c.fmt);

const device = /^(\S+) (online|degraded|offline|maintenance)(?:: (.+))?$/;

/** What an alarm says, with the quantities that speak against its passage, neutrons first. */
export function alarming(a: Alarm, fmt: Fmt, neutron = false): string {
  const e: LogEvent = { at: a.last, seq: 0, kind: '', lane: '', text: a.text };
  const said = inner(a.text, { e, p: undefined, fmt });
  const word = a.kind === 'barrier' ? `${t('barrier.label')}: ${said}` : said;
  const what = (a.details ?? '').split(', ').filter(Boolean).map((q) => term('chip', q));
  if (neutron) what.unshift(term('chip', 'neutron'));
  return what.length > 0 ? `${word}: ${what.join(', ')}` : word;
}

/** The text of an event; p is its passage where the page has it. */
export function said(e: LogEvent, p: Passage | undefined, fmt: Fmt): string {
  const c: Context = { e, p, fmt };
  if (e.text === '') return term('event', e.kind);
  if (e.kind === 'plate') {
    // A second reader says whose picture it read, and what the camera says of that.
    const m = /^(\S+): (?:no readable plate|(\S+)) (\S*) (0|1|0?\.\d+|1\.0+)(?: in (?:the picture of ([^\s,]+)(?:, which reads (.+))?|a picture of no vehicle that is known()))?$/.exec(e.text);
    if (m) {
      const of = m[5] ? t(m[6] ? 'say.read_otherwise' : 'say.read_picture', { camera: m[5], text: m[6] ?? '' }) : m[7] === undefined ? '' : t('say.read_unknown');
      return [m[2] ?? t('plates.unreadable'), m[3], m[2] && fmt.percent(Number(m[4])), `(${m[1]})`, of && `– ${of}`].filter(Boolean).join(' ');
    }
  }
  if (e.kind === 'device') {
    const m = device.exec(e.text);
    if (m) return `${m[1]}: ${term('health', m[2])}${m[3] ? ` – ${deviceReason(m[3], fmt)}` : ''}`;
  }
  if (e.kind === 'judged') {
    const word = slugTerm('said', e.text);
    const kinds = p && p.verdict === e.text ? chips(p).map((x) => term('chip', x.kind)) : [];
    return kinds.length > 0 ? `${word}: ${kinds.join(', ')}` : word;
  }
  if (e.kind === 'portal') {
    const [head = '', ...rest] = e.text.split(', ');
    return [slugTerm('said', head), ...rest.map((r) => slugTerm('reason', r))].join(', ');
  }
  for (const [re, say] of forms) {
    const m = re.exec(e.text);
    if (m) return say([...m], c);
  }
  const cert = certificate(e.text);
  if (cert) return cert;
  const word = slugTerm('said', e.text);
  return word !== e.text ? word : slugTerm('say', e.text);
}
