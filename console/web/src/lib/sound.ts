// Tones of the console. A browser plays only after a gesture of the user; the sign-in is one.

let ctx: AudioContext | null = null;

export function unlock(): void {
  try {
    ctx ??= new AudioContext();
    if (ctx.state === 'suspended') void ctx.resume();
  } catch {
    ctx = null;
  }
}

/** Whether sound can be heard at all. */
export function ready(): boolean {
  return ctx?.state === 'running';
}

function tone(freq: number, at: number, len: number, gain: number, type: OscillatorType = 'sine'): void {
  if (!ctx) return;
  const o = ctx.createOscillator();
  const g = ctx.createGain();
  o.frequency.value = freq;
  o.type = type;
  const t = ctx.currentTime + at;
  // Soft edges: a click startles without telling anything.
  g.gain.setValueAtTime(0, t);
  g.gain.linearRampToValueAtTime(gain, t + 0.015);
  g.gain.setValueAtTime(gain, t + len - 0.03);
  g.gain.linearRampToValueAtTime(0, t + len);
  o.connect(g).connect(ctx.destination);
  o.start(t);
  o.stop(t + len);
}

/** Three patterns that nobody confuses: rising triple, double, low single. */
export function play(what: 'p1' | 'p2' | 'stale'): void {
  if (!ready()) return;
  if (what === 'p1') [660, 880, 1100].forEach((f, i) => tone(f, i * 0.16, 0.15, 0.22));
  else if (what === 'p2') [520, 520].forEach((f, i) => tone(f, i * 0.22, 0.14, 0.14));
  else tone(220, 0, 0.6, 0.2);
}

/** How a radiation alarm sounds: a phrase of equal tones, and how soon it comes again. */
export interface Voice {
  /** Hz, one after the other. */
  tones: number[];
  /** Length of a tone, s. */
  len: number;
  /** The phrase begins again after so long, ms. */
  every: number;
  gain: number;
  wave: OscillatorType;
}

/** The ratio to the background from which the sound grows no more. */
const LOUDEST = 64;
/** What a radiation alarm has left of its volume where the console's sound is off. */
const FLOOR = 0.35;

/**
 * The voice of a radiation alarm. Gamma: the larger the ratio to the background, the higher,
 * the more and the sooner again, by its logarithm; so bricks and a source do not sound alike.
 * Neutrons have a siren of two tones at its fastest, whatever their number: few are many.
 * Nothing but silencing that one alarm takes its sound away: off only lowers it.
 */
export function voice(ratio: number | undefined, neutron: boolean, on: boolean): Voice {
  const gain = 0.24 * (on ? 1 : FLOOR);
  if (neutron) return { tones: [1480, 740, 1480, 740, 1480, 740], len: 0.13, every: 1600, gain: gain * 0.6, wave: 'square' };
  const grow = Math.log(Math.min(LOUDEST, Math.max(1, ratio ?? 1))) / Math.log(LOUDEST);
  const n = 2 + Math.round(5 * grow);
  return { tones: Array.from({ length: n }, () => Math.round(440 * 4 ** grow)), len: 0.2 - 0.11 * grow, every: Math.round(5000 - 3800 * grow), gain, wave: 'sine' };
}

export function speak(v: Voice): void {
  if (!ready()) return;
  v.tones.forEach((f, i) => tone(f, i * v.len * 1.15, v.len, v.gain, v.wave));
}
