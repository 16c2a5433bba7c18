// Frames of the stream "acsgd.v1.json" as the server sends them. Every frame has e (epoch),
// s (sequence inside this connection, +1 a frame) and ts (server time, Unix ms).

import type { Json } from './merge';
import type { LogEvent, ServerInfo, User } from './types';

interface Common {
  e: string;
  s: number;
  ts: number;
}
export interface Welcome extends Common {
  t: 'welcome';
  user?: User;
  server?: Partial<ServerInfo>;
  hb_ms?: number;
}
export interface Snap extends Common {
  t: 'snap';
  topic: string;
  v: Record<string, Json>;
  log_seq: number;
}
export interface Delta extends Common {
  t: 'delta';
  d: { k: string; ver?: number; p?: Json; x?: string[] }[];
}
export interface LogFrame extends Common {
  t: 'log';
  /** Number of the last entry of a. */
  n: number;
  a: LogEvent[];
}
export interface Heartbeat extends Common {
  t: 'hb';
  /** Milliseconds since the last sign of life, by "lane/<id>" and "lane/<id>/<device>". */
  ages?: Record<string, number>;
  log_head?: number;
  now?: number | string;
}
export interface Resync extends Common {
  t: 'resync';
  reason: string;
}
export interface Bye extends Common {
  t: 'bye';
  code: number;
  retry_ms?: number;
  reason?: string;
}
export interface Pong extends Common {
  t: 'pong';
  c: number;
}
export type Frame = Welcome | Snap | Delta | LogFrame | Heartbeat | Resync | Bye | Pong;

const known = new Set(['welcome', 'snap', 'delta', 'log', 'hb', 'resync', 'bye', 'pong']);

/**
 * Reads one frame. Null is a frame of a later protocol, which is skipped but counted by
 * its s; an error is thrown for what is no frame at all.
 */
export function parseFrame(text: string): Frame | { t: null; e: string; s: number; ts: number } {
  const f: unknown = JSON.parse(text);
  if (typeof f !== 'object' || f === null || Array.isArray(f)) throw new Error('frame is not an object');
  const o = f as Record<string, unknown>;
  if (typeof o['t'] !== 'string') throw new Error('frame without a type');
  if (typeof o['e'] !== 'string' || typeof o['s'] !== 'number' || typeof o['ts'] !== 'number')
    throw new Error(`frame ${o['t']} without e, s and ts`);
  if (!known.has(o['t'])) return { t: null, e: o['e'], s: o['s'], ts: o['ts'] };
  if (o['t'] === 'snap' && (typeof o['topic'] !== 'string' || typeof o['v'] !== 'object' || o['v'] === null))
    throw new Error('snap without topic and v');
  if (o['t'] === 'delta' && !Array.isArray(o['d'])) throw new Error('delta without d');
  if (o['t'] === 'log' && (!Array.isArray(o['a']) || typeof o['n'] !== 'number'))
    throw new Error('log without n and a');
  return o as unknown as Frame;
}

export type CloseAct =
  | { do: 'retry'; minMs: number; maxMs: number }
  | { do: 'backoff' }
  | { do: 'login' }
  | { do: 'reload' }
  | { do: 'drop_topics' }
  | { do: 'stop' };

/** What the page does after the socket closed with code. */
export function onClose(code: number): CloseAct {
  switch (code) {
    case 4000:
      return { do: 'retry', minMs: 500, maxMs: 2000 };
    case 4001:
      return { do: 'login' };
    case 4003:
      return { do: 'drop_topics' };
    case 4008:
      return { do: 'retry', minMs: 0, maxMs: 300 };
    case 4009:
      return { do: 'stop' };
    case 4010:
      return { do: 'reload' };
    default:
      return { do: 'backoff' };
  }
}

/**
 * Delay before the n-th attempt in a row (from 0): at once, then 0.5, 1, 2, 4, 8 and at
 * most 10 s, each +-30 %. rnd is in [0, 1).
 */
export function backoff(n: number, rnd: number): number {
  if (n <= 0) return 0;
  const base = Math.min(500 * 2 ** (n - 1), 10_000);
  return Math.round(base * (0.7 + 0.6 * rnd));
}
