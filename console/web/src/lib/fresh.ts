// Freshness: how old what the officer sees is, and what follows from it. Loss of data never
// clears anything; it only takes the ground from under a release.

import type { DeviceState, LaneState } from './types';

/** No frame for so long means that the console as a whole shows the past. */
export const CONSOLE_LIMIT_MS = 2500;
/** No sign of life of a lane's fusion for so long makes the lane stale. */
export const LANE_LIMIT_MS = 3000;
/** A difference of clocks above this is shown. */
export const CLOCK_LIMIT_MS = 2000;

/** Longest silence of a device by class, ms; cameras only beat every few seconds. */
export function deviceLimit(cls: string): number {
  switch (cls) {
    case 'anpr':
      return 10_000;
    case 'dims':
    case 'laneio':
    case 'rpm':
    case 'wim':
      return 2000;
    default:
      return 10_000;
  }
}

export interface DeviceFresh {
  device: DeviceState;
  /** ms since the last sign of life; undefined where nobody knows. */
  age: number | undefined;
  stale: boolean;
}

export interface LaneFresh {
  stale: boolean;
  /** ms since the fusion of the lane was last heard of. */
  age: number;
  /** Classes of devices without which nothing may be released. */
  noData: string[];
  devices: DeviceFresh[];
}

/**
 * Judges one lane. ages came with the heartbeat that arrived at hbAt; now is the same
 * clock. A heartbeat that does not name the lane still vouches for it with its own age.
 */
export function laneFresh(lane: LaneState, ages: Record<string, number>, hbAt: number, now: number): LaneFresh {
  const since = hbAt > 0 ? Math.max(0, now - hbAt) : Infinity;
  const age = (ages[`lane/${lane.lane}`] ?? 0) + since;
  const devices = (lane.devices ?? []).map((device): DeviceFresh => {
    const a = ages[`lane/${lane.lane}/${device.name}`];
    const devAge = a === undefined ? undefined : a + since;
    const silent = devAge !== undefined && devAge > deviceLimit(device.class);
    return { device, age: devAge, stale: device.state === 'offline' || silent };
  });
  const noData = [...new Set(devices.filter((d) => d.stale && !d.device.optional).map((d) => d.device.class))];
  return { stale: age > LANE_LIMIT_MS || noData.length > 0, age, noData, devices };
}

/** Offset of the server's clock against ours: that of the quickest of the last eight pings. */
export class Offset {
  private samples: { rtt: number; off: number }[] = [];
  private rough: number | undefined;

  /** A pong that came at now for a ping sent at c, with the server's time ts. */
  pong(c: number, ts: number, now: number): void {
    const rtt = now - c;
    if (rtt < 0) return;
    this.samples.push({ rtt, off: ts - (c + rtt / 2) });
    if (this.samples.length > 8) this.samples.shift();
  }

  /** Any frame gives a rough value, late by the way it took. */
  frame(ts: number, now: number): void {
    const off = ts - now;
    // The largest is the one that travelled fastest.
    this.rough = this.rough === undefined || Math.abs(off - this.rough) > 5000 ? off : Math.max(this.rough, off);
  }

  get ms(): number {
    let best: { rtt: number; off: number } | undefined;
    for (const s of this.samples) if (!best || s.rtt < best.rtt) best = s;
    return best?.off ?? this.rough ?? 0;
  }
}
