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

function tone(freq: number, at: number, len: number, gain: number): void {
  if (!ctx) return;
  const o = ctx.createOscillator();
  const g = ctx.createGain();
  o.frequency.value = freq;
  o.type = 'sine';
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
