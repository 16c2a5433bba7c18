// The HTTP side of the console. Every call is to our own origin; mutating ones carry the
// header that a foreign page cannot send.

import type { Verb } from './alarms';
import type { AlarmBody, Before, DeviceRow, Explanation, LogEvent, Me, OrderBody, Passage, Uploaded } from './types';

export class HttpError extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`);
  }
}

async function get<T>(path: string): Promise<T> {
  const r = await fetch(path, { headers: { Accept: 'application/json' }, cache: 'no-store' });
  if (!r.ok) throw new HttpError(r.status);
  return (await r.json()) as T;
}

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-ACSGD': '1' },
    body: JSON.stringify(body),
  });
}

export const me = (): Promise<Me> => get<Me>('/api/me');

/** The status: 204 is signed in, 401 wrong, 429 too many attempts, 0 no connection. */
export async function login(user: string, password: string): Promise<number> {
  try {
    return (await post('/api/login', { user, password })).status;
  } catch {
    return 0;
  }
}

export async function logout(): Promise<void> {
  try {
    await post('/api/logout', {});
  } catch {
    // The session ends at the server by itself; the page leaves it now.
  }
}

/** The status of an order, and the words of a refusal where the server gives some. */
export const order = (lane: string, body: OrderBody): Promise<Answer> => send(`/api/lanes/${encodeURIComponent(lane)}/orders`, body);

export const alarm = (id: string, verb: Verb, body: AlarmBody): Promise<Answer> => send(`/api/alarms/${encodeURIComponent(id)}/${verb}`, body);

export interface Answer {
  status: number;
  text?: string;
}

async function send(path: string, body: OrderBody | AlarmBody): Promise<Answer> {
  try {
    const r = await post(path, body);
    if (r.status === 202) return { status: 202 };
    const text = await r
      .json()
      .then((j: unknown) => (j as { error?: unknown }).error)
      .catch(() => undefined);
    return typeof text === 'string' ? { status: r.status, text } : { status: r.status };
  } catch {
    return { status: 0 };
  }
}

export const log = (after: number): Promise<{ n: number; a: LogEvent[] | null; more?: boolean }> =>
  get(`/api/log?after=${after}`);

export interface Search {
  lane?: string;
  device?: string;
  plate?: string;
  verdict?: string;
  from?: string;
  to?: string;
  before?: string;
  limit?: number;
}

export function query(s: Search): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(s)) if (v !== undefined && v !== '') q.set(k, String(v));
  return q.toString();
}

export const passages = (s: Search): Promise<{ passages: Passage[] | null; next?: string }> =>
  get(`/api/passages?${query(s)}`);

export const passage = (id: string): Promise<Passage> => get(`/api/passages/${encodeURIComponent(id)}`);

/** A file of a secondary inspection: an N42 document, a photo. The status, and what it says. */
export async function attach(id: string, file: File): Promise<{ status: number; answer?: Uploaded; text?: string }> {
  try {
    const r = await fetch(`/api/passages/${encodeURIComponent(id)}/radiation/attachments?name=${encodeURIComponent(file.name)}`, { method: 'POST', headers: { 'Content-Type': file.type || 'application/octet-stream', 'X-ACSGD': '1' }, body: file });
    const j = (await r.json().catch(() => ({}))) as Uploaded & { error?: unknown };
    if (r.status === 201) return { status: 201, answer: j };
    return typeof j.error === 'string' ? { status: r.status, text: j.error } : { status: r.status };
  } catch {
    return { status: 0 };
  }
}

/** The last passages of the same vehicle or consignor through a portal. */
export const before = (id: string, by: 'plate' | 'consignor'): Promise<{ key: string; passages: Before[] | null }> =>
  get(`/api/passages/${encodeURIComponent(id)}/radiation/history?by=${by}&limit=5`);

/** How the findings of a passage came about, derived again by the server. */
export const explanation = (id: string): Promise<Explanation> => get(`/api/passages/${encodeURIComponent(id)}/explanation`);

/** Every instrument of the site; the answer is a list, bare or under "devices". */
export async function devices(): Promise<DeviceRow[]> {
  const r = await get<DeviceRow[] | { devices: DeviceRow[] | null }>('/api/devices');
  return Array.isArray(r) ? r : (r.devices ?? []);
}

export const evidence = (sha256: string): string => `/api/evidence/${encodeURIComponent(sha256)}`;
