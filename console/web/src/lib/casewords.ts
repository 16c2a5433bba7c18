// What the core writes about radiation alarms, in the officer's language: late, like all that
// the first picture of a lane does without. What is not known stays as it was written.

import { questions } from './adjudication';
import { said } from './events';
import type { Fmt } from './fmt';
import { t, term } from './i18n.svelte';
import type { LogEvent, Passage } from './types';
import { reason, slugTerm } from './words';

const dose = (v: string, fmt: Fmt): string => `${fmt.dec2(Number(v))} ${t('unit.usvh')}`;
const code = (n: string, cls: string | undefined): string => `${n} ${term('code', n)}${cls ? `, ${term('codeclass', cls)}` : ''}`;
const found: Record<string, string> = { found: 'yes', 'not found': 'no', 'not searched': 'not_searched' };

const N = '([\\d.]+)';
const forms: [RegExp, (m: string[], fmt: Fmt) => string][] = [
  [
    /^assessed: neutron (\w+), shape (\w+), place (\w+), declared (\w+), guard (\w+), speed (\w+)$/,
    (m) => `${term('casestate', 'assessed')}: ${questions.map((q, i) => `${term('question', q.id)} ${term('answer', m[i + 1])}`).join(' ')}`,
  ],
  [/^to pass the portal again(?:: (.+))?$/, (m) => [term('casestate', 'repeat_requested'), m[1] ? term('reasons', m[1]) : ''].filter(Boolean).join(': ')],
  [/^secondary inspection requested(?:: (.+))?$/, (m) => [term('casestate', 'secondary_requested'), m[1] ? term('reasons', m[1]) : ''].filter(Boolean).join(': ')],
  [
    new RegExp(`^inspected: ${N} uSv/h at 1 m(?:, ${N} uSv/h at 10 cm)?, neutrons (found|not found|not searched)(?:, (.+))?$`),
    (m, fmt) => [`${term('casestate', 'secondary_completed')}: ${dose(m[1] ?? '', fmt)} ${t('say.at_1m')}`, m[2] ? `${dose(m[2], fmt)} ${term('dose', 'dose_10cm_nsvh')}` : '', `${t('radiation.neutron')}: ${term('searched', found[m[3] ?? ''])}`, m[4] ?? ''].filter(Boolean).join(', '),
  ],
  [/^code (\d+)(?:, (\w+))? by (\S+) waits for a second person$/, (m) => t('case.pending', { user: m[3] ?? '', code: code(m[1] ?? '', m[2]) })],
  [/^code (\d+)(?:, (\w+))? by (\S+) and (\S+)/, (m) => `${t('case.code')}: ${code(m[1] ?? '', m[2])}: ${m[3]} + ${m[4]}`],
  [/^no second person within (\d+) minutes: the code of (\S+) has lapsed$/, (m) => t('say.code_lapsed', { n: m[1] ?? '', user: m[2] ?? '' })],
  [/^code (\d+) is taken back: (.+)$/, (m) => t('say.code_revoked', { code: code(m[1] ?? '', undefined), why: slugTerm('say', m[2] ?? '') })],
];

/** A text of the core about a radiation alarm; undefined if it is of something else. */
export function caseText(text: string, fmt: Fmt): string | undefined {
  for (const [re, say] of forms) {
    const m = re.exec(text);
    if (m) return say([...m], fmt);
  }
  return undefined;
}

export const told = (e: LogEvent, p: Passage | undefined, fmt: Fmt): string => caseText(e.text, fmt) ?? said(e, p, fmt);

/** Why an occupancy or a test cannot be judged: a sentence, or a panel and what is wrong with it. */
export function radfault(why: string): string {
  const known = slugTerm('radfault', why);
  const m = /^((?:panel|electronics) fault: .+?): (p\d)(?: and (p\d))?$/.exec(why);
  return m ? `${slugTerm('radfault', m[1] ?? '')}: ${[m[2], m[3]].filter(Boolean).map((p) => term('radgroup', p)).join(', ')}` : known !== why ? known : reason(why);
}
