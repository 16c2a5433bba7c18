// Languages: typed catalogues, switched at run time. Codes of the data are translated where
// a catalogue knows them and shown as they are where it does not.

import type en from './i18n/en';

export type Lang = 'kk' | 'ru' | 'en';
export type Key = keyof typeof en;
export const langs: readonly Lang[] = ['kk', 'ru', 'en'];

type Catalogue = Record<Key, string>;
// Each language is its own file: a console loads the one that it shows.
const load: Record<Lang, () => Promise<{ default: Catalogue }>> = {
  kk: () => import('./i18n/kk'),
  ru: () => import('./i18n/ru'),
  en: () => import('./i18n/en'),
};

/** Replaces {name} by its value. */
export function fill(text: string, args?: Record<string, string | number>): string {
  return args ? text.replace(/\{(\w+)\}/g, (m, k: string) => (k in args ? String(args[k]) : m)) : text;
}

class I18n {
  lang = $state<Lang>('kk');
  /** Whether the words of a language are here; nothing is shown before. */
  ready = $state(false);
  private table = $state.raw<Catalogue>({} as Catalogue);
  private wanted: Lang = 'kk';

  /** Switches once the words are loaded; of two switches the later counts. */
  async use(lang: Lang): Promise<void> {
    this.wanted = lang;
    const words = (await load[lang]()).default;
    if (this.wanted !== lang) return;
    this.table = words;
    this.lang = lang;
    this.ready = true;
  }

  t(key: Key, args?: Record<string, string | number>): string {
    return fill(this.table[key], args);
  }

  /** Whether the catalogue has a word for a code of the data. */
  has(group: string, code: string): boolean {
    return `${group}.${code}` in this.table;
  }

  /** The word for a code of the data. */
  term(group: string, code: string | undefined): string {
    if (!code) return '—';
    const key = `${group}.${code}`;
    return key in this.table ? this.table[key as Key] : code.replace(/_/g, ' ');
  }
}

export const i18n = new I18n();
export const t = (key: Key, args?: Record<string, string | number>): string => i18n.t(key, args);
export const term = (group: string, code: string | undefined): string => i18n.term(group, code);
