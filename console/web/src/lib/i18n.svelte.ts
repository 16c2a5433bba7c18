// Languages: typed catalogues, switched at run time. Codes of the data are translated where
// a catalogue knows them and shown as they are where it does not.

import en from './i18n/en';
import kk from './i18n/kk';
import ru from './i18n/ru';

export type Lang = 'kk' | 'ru' | 'en';
export type Key = keyof typeof en;
export const langs: readonly Lang[] = ['kk', 'ru', 'en'];
const catalogues: Record<Lang, Record<Key, string>> = { kk, ru, en };

/** Replaces {name} by its value. */
export function fill(text: string, args?: Record<string, string | number>): string {
  return args ? text.replace(/\{(\w+)\}/g, (m, k: string) => (k in args ? String(args[k]) : m)) : text;
}

class I18n {
  lang = $state<Lang>('kk');
  private table = $derived(catalogues[this.lang]);

  t(key: Key, args?: Record<string, string | number>): string {
    return fill(this.table[key], args);
  }

  /** The word for a code of the data. */
  term(group: string, code: string | undefined): string {
    if (!code) return '—';
    const key = `${group}.${code}`;
    return key in this.table ? this.table[key as Key] : code.replace(/_/g, ' ');
  }

  next(): void {
    this.lang = langs[(langs.indexOf(this.lang) + 1) % langs.length] ?? 'kk';
  }
}

export const i18n = new I18n();
export const t = (key: Key, args?: Record<string, string | number>): string => i18n.t(key, args);
export const term = (group: string, code: string | undefined): string => i18n.term(group, code);
