// Orders: what the officer pressed and what has truly become of it. A button never shows
// more than the server, the journal and the feedback contacts have said.

import type { Action, LogEvent } from './types';

/** sending -> sent (202) -> accepted or pending or refused (log) -> executed (feedback). */
export type OrderState =
  | 'sending'
  | 'sent'
  | 'accepted'
  | 'pending'
  | 'refused'
  | 'executed'
  | 'not_followed'
  | 'failed';

export interface Tracked {
  id: string;
  action: Action;
  lane: string;
  passage: string;
  state: OrderState;
  /** Times of the steps, local ms. */
  at: Partial<Record<OrderState, number>>;
  /** Why it was refused or failed: an i18n key of group "refusal", or the server's words. */
  why?: string;
}

/** No feedback of the barrier for so long after acceptance: it did not follow. */
export const FOLLOW_MS = 3000;

/** Actions after which the barrier has to move. */
export function moves(a: Action): boolean {
  return a === 'release' || a === 'override';
}

/** The key of group "refusal" for an HTTP status of the orders endpoint. */
export function refusalOf(status: number): string {
  switch (status) {
    case 401:
      return 'signed_out';
    case 403:
      return 'role';
    case 409:
      return 'version';
    case 412:
      return 'stale';
    case 423:
      return 'closed';
    case 429:
      return 'busy';
    default:
      return status === 0 ? 'unreachable' : 'server';
  }
}

export class Orders {
  list: Tracked[] = [];

  start(body: { id: string; action: Action; passage?: string }, lane: string, now: number): Tracked {
    const t: Tracked = {
      id: body.id,
      action: body.action,
      lane,
      passage: body.passage ?? '',
      state: 'sending',
      at: { sending: now },
    };
    this.list = [...this.list.slice(-49), t];
    return t;
  }

  answered(id: string, status: number, now: number, text?: string): void {
    if (status === 202) {
      // The log may have been quicker than the answer.
      this.set(id, (t) => (t.state === 'sending' ? { ...t, state: 'sent', at: { ...t.at, sent: now } } : t));
      return;
    }
    const state: OrderState = status === 0 || status >= 500 ? 'failed' : 'refused';
    const why = [401, 403, 409, 412, 423, 429].includes(status) ? refusalOf(status) : text || refusalOf(status);
    this.set(id, (t) => ({ ...t, state, why, at: { ...t.at, [state]: now } }));
  }

  event(e: LogEvent, now: number): void {
    this.second(e, now);
    if (!e.order) return;
    const id = e.order;
    const to = (state: OrderState, why?: string): void =>
      this.set(id, (t) =>
        t.state === 'executed' ? t : { ...t, state, at: { ...t.at, [state]: now }, ...(why ? { why } : {}) },
      );
    if (e.kind === 'order') to('accepted');
    else if (e.kind === 'pending') to('pending');
    else if (e.kind === 'refused') to('refused', e.text);
    else if (e.kind === 'barrier') to('executed');
  }

  /** What became of an order that waited for a second person: another order, or the time, decides. */
  private second(e: LogEvent, now: number): void {
    for (const t of this.list) {
      if (t.state !== 'pending' || !e.passage || t.passage !== e.passage || e.order === t.id) continue;
      if (e.kind === 'order' && (t.action === 'adjudicate' ? /^code \d.* and / : /^override by /).test(e.text)) this.set(t.id, (o) => ({ ...o, state: 'accepted', at: { ...o.at, accepted: now } }));
      else if (e.kind === 'refused' && !e.order) this.set(t.id, (o) => ({ ...o, state: 'refused', why: e.text, at: { ...o.at, refused: now } }));
    }
  }

  /** Compares with the feedback of the lane: barrier as its contacts say it is. */
  feedback(lane: string, barrier: string, now: number): void {
    for (const t of this.list) {
      if (t.lane !== lane || (t.state !== 'accepted' && t.state !== 'not_followed')) continue;
      if (!moves(t.action)) {
        this.set(t.id, (o) => ({ ...o, state: 'executed', at: { ...o.at, executed: now } }));
      } else if (barrier === 'opening' || barrier === 'open') {
        this.set(t.id, (o) => ({ ...o, state: 'executed', at: { ...o.at, executed: now } }));
      } else if (t.state === 'accepted' && now - (t.at.accepted ?? now) > FOLLOW_MS) {
        this.set(t.id, (o) => ({ ...o, state: 'not_followed', at: { ...o.at, not_followed: now } }));
      }
    }
  }

  last(lane: string): Tracked | undefined {
    for (let i = this.list.length - 1; i >= 0; i--) if (this.list[i]?.lane === lane) return this.list[i];
    return undefined;
  }

  /** An order of the lane whose end is not known yet: a second press must wait for it. */
  busy(lane: string): boolean {
    const t = this.last(lane);
    return t !== undefined && (t.state === 'sending' || t.state === 'sent');
  }

  private set(id: string, f: (t: Tracked) => Tracked): void {
    this.list = this.list.map((t) => (t.id === id ? f(t) : t));
  }
}

/** A UUIDv7: 48 bits of ms, the rest random, so that keys sort by time. */
export function uuid7(ms: number, rnd: Uint8Array): string {
  const b = new Uint8Array(16);
  let t = Math.floor(ms);
  for (let i = 5; i >= 0; i--) {
    b[i] = t % 256;
    t = Math.floor(t / 256);
  }
  for (let i = 6; i < 16; i++) b[i] = rnd[i - 6] ?? 0;
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x70;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const h = [...b].map((x) => x.toString(16).padStart(2, '0')).join('');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}
