// What was read beside what was declared, character under character, and how an officer
// types a plate.

import { band, better, textOf } from './plates';
import type { Declaration, Passage, PlateRead } from './types';

// Letters that are one glyph in Latin and Cyrillic count as one.
const twins: Record<string, string> = {
  А: 'A', В: 'B', Е: 'E', К: 'K', М: 'M', Н: 'H', О: 'O', Р: 'P', С: 'C', Т: 'T', У: 'Y', Х: 'X', І: 'I', Ј: 'J', Ѕ: 'S',
};
// The characters of plates behind A-Z and 0-9, as internal/plate has them.
const further = /^[A-Z0-9京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼挂临警学港澳使领斯БГДЖЗИЙЛӨПҮФЦЧШЩЪЫЬЭЮЯЄЇҐӘҒҚҢҰҺÄÖÜÅØÆÇĞİŞÑ]$/;
// What readers and people take for one another most readily.
const mistaken = ' 0O 0D 0Q OQ OD 1I 1L IL 2Z 5S 8B 6G CG UV OӨ YҮ 6Б 3З 4Ч ';

export function fold(c: string): string {
  const u = c.toUpperCase();
  return twins[u] ?? u;
}

/** A written plate as plates are compared: folded, without what separates. */
export const plain = (s: string): string => [...s.replace(/[^\p{L}\p{N}]/gu, '')].map(fold).join('');

export type Likeness = 'same' | 'alike' | 'differs';

/** How two characters of one place compare; an absent one is a gap. */
export function likeness(a: string | undefined, b: string | undefined): Likeness {
  if (a === undefined || b === undefined) return a === b ? 'same' : 'differs';
  const [x, y] = [fold(a), fold(b)];
  return x === y ? 'same' : mistaken.includes(` ${x}${y} `) || mistaken.includes(` ${y}${x} `) ? 'alike' : 'differs';
}

const cost = { same: 0, alike: 2, differs: 3 };
const GAP = 3;

/** Pairs of places of two texts in order, -1 for a gap, by the cheapest edits. */
function pairs(a: string, b: string): [number, number][] {
  const w = b.length + 1;
  const table: number[] = [];
  const at = (i: number, j: number): number => table[i * w + j] ?? 0;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      table.push(i && j ? Math.min(at(i - 1, j - 1) + cost[likeness(a[i - 1], b[j - 1])], at(i - 1, j) + GAP, at(i, j - 1) + GAP) : (i + j) * GAP);
    }
  }
  const out: [number, number][] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 || j > 0) {
    if (i && j && at(i, j) === at(i - 1, j - 1) + cost[likeness(a[i - 1], b[j - 1])]) out.push([--i, --j]);
    else if (i && at(i, j) === at(i - 1, j) + GAP) out.push([--i, -1]);
    else out.push([-1, --j]);
  }
  return out.reverse();
}

/** One column of the alignment: for each text its character's place, -1 for a gap. */
export type Column = number[];

/** Aligns texts with the first of them. */
export function align(texts: readonly string[]): Column[] {
  const first = texts[0] ?? '';
  // Before each place of the first text: what the others have more.
  const before: number[][][] = Array.from({ length: first.length + 1 }, () => texts.map(() => []));
  const under: number[][] = Array.from({ length: first.length }, (_, i) => texts.map((_, k) => (k ? -1 : i)));
  texts.forEach((text, k) => {
    if (k === 0) return;
    let next = 0;
    for (const [i, j] of pairs(first, text)) {
      if (i >= 0) {
        under[i]![k] = j;
        next = i + 1;
      } else before[next]![k]!.push(j);
    }
  });
  return before.flatMap((more, i) => {
    const n = Math.max(0, ...more.map((m) => m.length));
    const gaps = Array.from({ length: n }, (_, x) => more.map((m) => m[x] ?? -1));
    return under[i] ? [...gaps, under[i]] : gaps;
  });
}

/** How many characters of two plates differ, of look-alikes two as one. */
const distance = (a: string, b: string): number =>
  align([(a = plain(a)), (b = plain(b))]).reduce((n, [i = -1, j = -1]) => n + cost[likeness(a[i], b[j])] / 3, 0);

/** One camera's view of a plate, with the second reader's reading of the same picture. */
export interface View {
  role: 'front' | 'rear' | 'trailer';
  read: PlateRead;
  second?: PlateRead;
}

const shows = (r: PlateRead, sha: string): boolean => (r.images?.includes(sha) || r.pictures?.some((b) => b.sha256 === sha)) ?? false;
const roles = ['front', 'rear', 'trailer'] as const;

/** The views of a vehicle from its front to its end. */
export function views(plates: readonly PlateRead[] | undefined): View[] {
  const all = plates ?? [];
  // Of several plates in one picture the camera's reading that says what the core compared with.
  const of = (r: PlateRead): PlateRead => {
    const eyes = r.parent ? all.filter((x) => !x.parent && shows(x, r.parent ?? '')) : [];
    return eyes.find((x) => plain(x.text) === plain(r.otherwise ?? r.text)) ?? eyes[0] ?? r;
  };
  const list: View[] = [];
  for (const r of all) {
    const camera = of(r);
    const role = camera.role ?? 'front';
    let v = list.find((x) => x.role === role && x.read.device === camera.device);
    if (!v) list.push((v = { role, read: camera }));
    if (camera !== r) {
      if (!v.second || better(r, v.second)) v.second = r;
    } else if (better(r, v.read)) v.read = r;
  }
  return list.sort((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role) || (a.read.device < b.read.device ? -1 : 1));
}

/** What a view says: the officer's word, else the camera's, else the second reader's. */
export const says = (v: View): string => v.read.corrected ?? v.second?.corrected ?? (v.read.text || (v.second?.text ?? ''));

/** How the two readers of a view stand: an i18n key of group "plates". */
export function readers(v: View): 'agree' | 'disagree' | 'only_second' | 'only_camera' | undefined {
  const s = v.second;
  if (!s) return undefined;
  if (!s.text || !v.read.text) return s.text ? 'only_second' : v.read.text ? 'only_camera' : 'agree';
  return s.otherwise || plain(s.text) !== plain(v.read.text) ? 'disagree' : 'agree';
}

/**
 * The picture of the plate that a view shows: the camera's crop, else the second reader's, which
 * is the first of its images, else what there is.
 */
export function crop(v: View): string | undefined {
  const [cut, own] = [v.read, v.second].map((r) => r?.pictures?.find((b) => b.role === 'plate')?.sha256);
  const whole = v.read.pictures?.find((b) => b.type.startsWith('image/'))?.sha256;
  return cut ?? own ?? v.second?.images?.[0] ?? whole ?? v.read.images?.[0] ?? v.second?.parent;
}

const trailerRoles = ['trailer', 'semitrailer', 'semi_trailer'];

/** The declared plate that belongs to a read's role; a rear plate may be either's. */
export function declaredFor(role: string, d: Declaration | undefined, read: string): string {
  const units = d?.units ?? [];
  const tractor = units.find((u) => !trailerRoles.includes(u.role))?.plate ?? '';
  const trailer = units.find((u) => trailerRoles.includes(u.role))?.plate ?? '';
  if (role === 'front') return tractor;
  if (role === 'trailer') return trailer;
  if (trailer === '') return tractor;
  return distance(read, tractor) < distance(read, trailer) ? tractor : trailer;
}

/** The declared plate to set under a view, or where no declaration is its own the nearest one. */
export function beside(p: Passage, v: View): { text: string; nearest: boolean } {
  const text = plain(declaredFor(v.role, p.declaration, says(v)));
  if (text || p.declaration) return { text, nearest: false };
  const near = (p.match.declared ?? []).map((c) => plain(c.text)).filter((c) => says(v) !== '' && distance(says(v), c) <= 3);
  return { text: near[0] ?? '', nearest: true };
}

/** Whether somebody should look: read differently, not as declared, or unsure. */
export function doubtful(p: Passage, v: View): boolean {
  if (v.read.corrected || v.second?.corrected) return false;
  const text = plain(says(v));
  return text === '' || (v.second !== undefined && readers(v) !== 'agree') || plain(beside(p, v).text) !== text || (v.read.chars ?? []).some((c) => band(c.p) === 'low');
}

/** The declaration that has a plate, of those that are known to the page. */
export function declares(p: Passage, text: string): string | undefined {
  const d = p.declaration;
  if (d?.units?.some((u) => plain(u.plate) === text)) return d.mrn ?? d.lrn ?? d.id;
  const c = p.match.declared?.find((x) => plain(x.text) === text);
  return c && (c.number ?? c.declaration);
}

export interface Suggestion {
  text: string;
  p?: number;
  /** i18n key of group "plates". */
  from: 'read' | 'second' | 'declared';
}

/** What may stand there instead: other readings, then declared plates. */
export function suggestions(p: Passage, v: View): Suggestion[] {
  const out: Suggestion[] = [];
  const put = (text: string, from: Suggestion['from'], prob?: number): void => {
    const x = plain(text);
    if (x && !out.some((s) => s.text === x)) out.push({ text: x, from, p: prob });
  };
  put(v.read.text, 'read', v.read.confidence);
  if (v.second) put(v.second.text, 'second', v.second.confidence);
  put(v.second?.otherwise ?? '', 'read');
  const d = beside(p, v);
  if (!d.nearest) put(d.text, 'declared');
  for (const r of (p.plates ?? []).filter((x) => (x.role ?? 'front') === v.role && !x.parent)) put(textOf(r), 'read', r.confidence);
  for (const c of v.read.candidates ?? []) put(c.text, 'read', c.p);
  for (const c of v.second?.candidates ?? []) put(c.text, 'second', c.p);
  for (const c of p.match.declared ?? []) if (distance(says(v), c.text) <= 3) put(c.text, 'declared', c.posterior);
  return out.slice(0, 9);
}

/** A plate being typed: the text, the place of the cursor, whether it makes room. */
export interface Edit {
  text: string;
  at: number;
  insert: boolean;
  /** A key that no plate has a character for. */
  bad: string;
}

/** Begins with what was read, on the character that is least sure. */
export function begin(v: View | undefined): Edit {
  const text = v ? plain(says(v)) : '';
  const chars = v && text === plain(v.read.text) ? (v.read.chars ?? []) : [];
  let at = 0;
  if (chars.length === text.length) chars.forEach((c, i) => (at = c.p < (chars[at]?.p ?? 1) ? i : at));
  return { text, at, insert: false, bad: '' };
}

/** Puts a text in the place of all. */
export const replaced = (e: Edit, text: string): Edit => ({ ...e, text: plain(text), at: plain(text).length, bad: '' });

/** What a key makes of it; undefined for a key that means something else. */
export function press(e: Edit, key: string): Edit | undefined {
  const move = (at: number): Edit => ({ ...e, at: Math.max(0, Math.min(e.text.length, at)), bad: '' });
  const cut = (from: number, to: number, by = ''): Edit => ({ ...e, text: e.text.slice(0, from) + by + e.text.slice(to), at: from + by.length, bad: '' });
  switch (key) {
    case 'ArrowLeft':
      return move(e.at - 1);
    case 'ArrowRight':
      return move(e.at + 1);
    case 'Home':
      return move(0);
    case 'End':
      return move(e.text.length);
    case 'Backspace':
      return e.at > 0 ? cut(e.at - 1, e.at) : e;
    case 'Delete':
      return cut(e.at, e.at + 1);
    case 'Insert':
      return { ...e, insert: !e.insert };
  }
  if ([...key].length !== 1) return undefined;
  const c = fold(key);
  if (/^[\s\-.]$/.test(c)) return e; // what people write between, a plate has not
  if (!further.test(c)) return { ...e, bad: key };
  return cut(e.at, e.at + (e.insert ? 0 : 1), c);
}

/** Longest plate that can be compared, as internal/plate has it. */
export const LONGEST = 15;

/** What is wrong with a text: an i18n key of group "correct"; "" if nothing is. */
export function wrong(e: Edit): '' | 'empty' | 'long' | 'bad' {
  if (e.bad || [...e.text].some((c) => !further.test(c))) return 'bad';
  return e.text === '' ? 'empty' : e.text.length > LONGEST ? 'long' : '';
}
