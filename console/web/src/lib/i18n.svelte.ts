// Languages: typed catalogues, switched at run time. Codes of the data are translated where
// a catalogue knows them and shown as they are where it does not.

import type en from './i18n/en';
import type later from './i18n/later-en';

export type Lang = 'kk' | 'ru' | 'en';
type First = typeof en;
type Later = typeof later;
export type Key = keyof First | keyof Later;
export const langs: readonly Lang[] = ['kk', 'ru', 'en'];

type Words<T> = () => Promise<{ default: Record<keyof T, string> }>;
// Each language is its own file: a console loads the one that it shows, and of that one
// first what the first picture of the lane needs.
const load: Record<Lang, [Words<First>, Words<Later>]> = {
  kk: [() => import('./i18n/kk'), () => import('./i18n/later-kk')],
  ru: [() => import('./i18n/ru'), () => import('./i18n/later-ru')],
  en: [() => import('./i18n/en'), () => import('./i18n/later-en')],
};

/** Replaces {name} by its value. */
export function fill(text: string, args?: Record<string, string | number>): string {
  return args ? text.replace(/\{(\w+)\}/g, (m, k: string) => (k in args ? String(args[k]) : m)) : text;
}

class I18n {
  lang = $state<Lang>('kk');
  /** Whether the words of a language are here; nothing is shown before. */
  ready = $state(false);
  private table = $state.raw<Partial<Record<Key, string>>>({});
  private wanted: Lang = 'kk';
  private turn = 0;
  private all = false; // the words of the later parts too
  private whole = false; // and they are here

  /** Switches once the words are loaded; of two switches the later counts. */
  async use(lang: Lang): Promise<void> {
    this.wanted = lang;
    const turn = ++this.turn;
    const all = this.all;
    const [first, more] = await Promise.all([load[lang][0](), all ? load[lang][1]() : undefined]);
    if (this.turn !== turn) return;
    this.table = { ...first.default, ...more?.default };
    this.whole = all;
    this.lang = lang;
    this.ready = true;
  }

  /** Fetches the words of the later parts, once. */
  async more(): Promise<void> {
    if (this.whole) return;
    this.all = true;
    await this.use(this.wanted);
  }

  t(key: Key, args?: Record<string, string | number>): string {
    return fill(this.table[key] ?? key, args);
  }

  /** Whether the catalogue has a word for a code of the data. */
  has(group: string, code: string): boolean {
    return `${group}.${code}` in this.table;
  }

  /** The word for a code of the data. */
  term(group: string, code: string | undefined): string {
    if (!code) return '—';
    const key = `${group}.${code}`;
    return this.table[key as Key] ?? code.replace(/_/g, ' ');
  }
}

export const i18n = new I18n();
export const t = (key: Key, args?: Record<string, string | number>): string => i18n.t(key, args);
export const term = (group: string, code: string | undefined): string => i18n.term(group, code);
