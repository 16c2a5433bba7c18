// Formats for numbers and times. The server sends base units; only here they become text.
// Every result of an absent value is an em dash: unknown never looks like zero.

export const NONE = '—';

export class Fmt {
  private readonly n0: Intl.NumberFormat;
  private readonly n1: Intl.NumberFormat;
  private readonly n2: Intl.NumberFormat;
  private readonly n3: Intl.NumberFormat;
  private readonly clockF: Intl.DateTimeFormat;
  private readonly msF: Intl.DateTimeFormat;
  private readonly dateF: Intl.DateTimeFormat;

  /** zone is an IANA name; an unknown one falls back to Kazakhstan's single zone. */
  constructor(
    readonly locale: string,
    zone: string,
  ) {
    const digits = numberLocale(locale);
    const num = (d: number): Intl.NumberFormat =>
      new Intl.NumberFormat(digits, { minimumFractionDigits: d, maximumFractionDigits: d });
    [this.n0, this.n1, this.n2, this.n3] = [num(0), num(1), num(2), num(3)];
    const timeZone = validZone(zone);
    const hms = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
    this.clockF = new Intl.DateTimeFormat('en-GB', { ...hms, timeZone });
    this.msF = new Intl.DateTimeFormat('en-GB', { ...hms, fractionalSecondDigits: 3, timeZone });
    this.dateF = new Intl.DateTimeFormat('ru', { day: '2-digit', month: '2-digit', year: 'numeric', timeZone });
  }

  private f(n: number | undefined, f: Intl.NumberFormat): string {
    if (n === undefined || !Number.isFinite(n)) return NONE;
    // A true minus sign has the width of a digit and is not lost at small sizes.
    return f.format(n).replace('-', '−');
  }

  int(n: number | undefined): string {
    return this.f(n, this.n0);
  }
  dec1(n: number | undefined): string {
    return this.f(n, this.n1);
  }
  dec2(n: number | undefined): string {
    return this.f(n, this.n2);
  }
  /** Kilograms as tonnes with two decimals. */
  t(kg: number | undefined): string {
    return this.f(kg === undefined ? undefined : kg / 1000, this.n2);
  }
  /** Millimetres as metres with two decimals. */
  m(mm: number | undefined): string {
    return this.f(mm === undefined ? undefined : mm / 1000, this.n2);
  }
  mm(mm: number | undefined): string {
    return this.f(mm === undefined ? undefined : mm / 1000, this.n3);
  }
  /** mm/s as km/h. */
  kmh(mms: number | undefined): string {
    return this.f(mms ? (mms * 3.6) / 1000 : undefined, this.n1);
  }
  percent(p: number | undefined): string {
    return p === undefined ? NONE : `${this.f(p * 100, this.n0)} %`;
  }
  /** A probability near certainty keeps the digits that tell it from 1. */
  posterior(p: number | undefined): string {
    if (p === undefined) return NONE;
    const pc = p * 100;
    const shown = p < 1 && pc > 99.9 ? Math.min(Math.floor(pc * 1000) / 1000, 99.999) : pc;
    return `${this.f(shown, p < 1 && pc > 99.9 ? this.n3 : this.n1)} %`;
  }
  /** Basis points as percent. */
  bp(bp: number | undefined): string {
    return bp === undefined ? NONE : `${this.f(bp / 100, this.n1)} %`;
  }
  clock(t: string | number | undefined): string {
    return this.when(t, this.clockF);
  }
  clockMs(t: string | number | undefined): string {
    return this.when(t, this.msF);
  }
  date(t: string | number | undefined): string {
    return this.when(t, this.dateF);
  }
  dateTime(t: string | number | undefined): string {
    const d = this.date(t);
    return d === NONE ? d : `${d} ${this.clock(t)}`;
  }
  /** Seconds of a span with three decimals, signed. */
  span(ms: number): string {
    return `${ms < 0 ? '−' : '+'}${this.f(Math.abs(ms) / 1000, this.n3)}`;
  }

  private when(t: string | number | undefined, f: Intl.DateTimeFormat): string {
    if (t === undefined || t === '' || (typeof t === 'string' && t.startsWith('0001-'))) return NONE;
    const d = new Date(t);
    return Number.isNaN(d.getTime()) ? NONE : f.format(d);
  }
}

/**
 * Browsers that know Kazakh by name only write English digits. Kazakh numbers are written
 * as Russian ones: decimal comma, a space between thousands.
 */
function numberLocale(locale: string): string {
  return locale === 'kk' ? 'ru' : locale;
}

function validZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone || 'Asia/Almaty';
  } catch {
    return 'Asia/Almaty';
  }
}

/** An age in the shortest readable form: 0,4 s is "0", then 14, 3:05, 2:10:00. */
export function age(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return NONE;
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  if (s < 60) return String(s);
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  return `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
}

/** Offset of zone against UTC at t, as "+05:00" ("+00:00" if zone is unknown). */
export function zoneOffset(zone: string, t: Date): string {
  const part = new Intl.DateTimeFormat('en', { timeZone: validZone(zone), timeZoneName: 'longOffset' })
    .formatToParts(t)
    .find((p) => p.type === 'timeZoneName')?.value;
  const off = (part ?? 'GMT').replace('GMT', '');
  return off === '' ? '+00:00' : off;
}

/** The wall clock of zone at t as a date-time field holds it: "2026-03-01T08:00". */
export function toLocal(ms: number, zone: string): string {
  const shift = shiftOf(zone, ms);
  return new Date(ms + shift).toISOString().slice(0, 16);
}

/** The instant that a date-time field means in zone, as RFC 3339; "" for an empty field. */
export function fromLocal(local: string, zone: string): string {
  if (local === '') return '';
  const wall = Date.parse(`${local}Z`);
  // The offset belongs to the instant, which is only known with the offset: once more is
  // enough everywhere but in the hour that a change of clocks repeats.
  const first = wall - shiftOf(zone, wall);
  return new Date(wall - shiftOf(zone, first)).toISOString();
}

/** Offset of zone at t in ms. */
function shiftOf(zone: string, ms: number): number {
  const m = /^([+-])(\d\d):(\d\d)/.exec(zoneOffset(zone, new Date(ms)));
  return m ? (m[1] === '-' ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) * 60_000 : 0;
}
