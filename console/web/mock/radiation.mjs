// Radiation alarms for the mock server: a source, a load of potash, neutrons. The analyses
// are written to fit the counts that mock/data.mjs draws.
import * as data from './data.mjs';

const iso = (ms) => new Date(ms).toISOString();

/** What the engine would find; source tells where in time, s, and how wide the excess is. */
export function analysed(p, opts) {
  const o = p.radiation;
  const seconds = Date.parse(o.end) - Date.parse(o.start);
  const inside = 1 - o.suppression_max_permille / 1000;
  const ramp = (s) => Math.max(0, Math.min(1, s / 1.2));
  o.analysis = {
    templates: '2026-02-17', alarm: opts.alarm ?? true, net_cps: opts.net, net_permille: Math.round((opts.net / 1636) * 1000),
    tests: [
      { name: 'template', milli_sigma: opts.sigma, threshold_milli_sigma: 4200, alarm: opts.sigma > 4200, group: opts.group ?? 'sum', t_ms: Math.round(opts.at * 1000 + 500) },
      { name: 'pillars', milli_sigma: opts.pillars ?? 900, threshold_milli_sigma: 4500, alarm: (opts.pillars ?? 0) > 4500, group: opts.pillars > 4500 ? 'left' : '', t_ms: Math.round(opts.at * 1000) },
      { name: 'window_ratio', milli_sigma: 0, threshold_milli_sigma: 0, alarm: false, t_ms: 0, reason: 'no windows' },
    ],
    expected_permille: o.slices.map((s) => Math.round(1000 - 1000 * (1 - inside) * Math.min(ramp(s.t_ms / 1000 - 0.1), ramp((seconds - s.t_ms) / 1000 - 0.2)))),
    ...(opts.at === undefined || opts.noPeak ? {} : { peak: { t_ms: Math.round(opts.at * 1000), from_t_ms: Math.round((opts.at - opts.half) * 1000), to_t_ms: Math.round((opts.at + opts.half) * 1000), side_permille: opts.side ?? 0, high_permille: opts.high ?? 0, shape: opts.shape ?? 'compact', on_plateau: opts.onPlateau } }),
  };
  const v = o.speed_mms;
  if (o.analysis.peak) p.radiation_place = { middle_mm: Math.round(opts.at * v), from_mm: Math.round((opts.at - opts.half) * v), to_mm: Math.round((opts.at + opts.half) * v), u_mm: opts.u ?? 450, length_mm: p.size.length_mm, by: 'speed' };
  return p;
}

const answers = (a) => ({ neutron: 'no', shape: 'peak', place: 'cargo', declared: 'no', guard: 'no', speed: 'yes', ...a });
const card = (states) => ['confirm', 'distance', 'declaration', 'repeat', 'secondary', 'call', 'code'].map((id, i) => ({ id, state: states[i] }));

function adjudication(p, a) {
  const at = Date.parse(p.radiation.start) + 6000;
  p.adjudication = { state: 'primary', steps: [{ step: 'primary', at: iso(at), seq: 12, text: a.text }], ...a.more, proposed: a.proposed, card: a.card };
  return p;
}

/** A compact source low and left in the semi-trailer of an otherwise clean vehicle. */
export function gamma(lane, n, now, ago) {
  const p = data.clean(lane, n, now, ago);
  const t0 = Date.parse(p.opened);
  p.radiation = data.occupancy(t0 + 1100, 13.4, { seed: 11, source: { cps: 900, at: 7.2, width: 0.75 }, suppression: 0.2, speed: 1310 });
  analysed(p, { at: 7.2, half: 0.9, net: 905, sigma: 24_100, side: -420, high: -300, pillars: 8200 });
  alarmed(p, 'gamma alarm of the portal and of our test');
  return adjudication(p, {
    text: 'gamma alarm', proposed: answers(), card: card(['due', 'open', 'done', 'open', 'open', 'not_needed', 'open']),
    more: { norm: { grade: 'X', lines: [], measured_permille: 553, extent_permille: 140, reasons: [{ code: 'compact_peak', text: 'a compact peak, 24.1 sigma' }, { code: 'no_line', text: 'nothing declared radiates by nature' }], mark: 'M', factor: 'default' } },
  });
}

/** Potash all along the load. */
export function norm(lane, n, now, ago) {
  const p = data.clean(lane, n, now, ago);
  const t0 = Date.parse(p.opened);
  p.radiation = data.occupancy(t0 + 1100, 12.9, { seed: 5, source: { cps: 1250, at: 7.6, width: 2.7 }, suppression: 0.22, speed: 1340 });
  analysed(p, { at: 7.5, half: 3.3, net: 1240, sigma: 31_000, shape: 'distributed', side: 20, high: -40, u: 700 });
  p.declaration.items = [{ no: 1, hs: '3104209000', origin: 'BY', gross_kg: 21850, packages: 22, description: 'Хлорид калия' }];
  p.match.declared[0].declaration = p.declaration.id;
  alarmed(p, 'gamma alarm of the portal and of our test');
  return adjudication(p, {
    text: 'gamma alarm', proposed: answers({ shape: 'plateau', declared: 'yes' }), card: card(['done', 'open', 'done', 'open', 'due', 'not_needed', 'open']),
    more: {
      state: 'assessed',
      steps: [{ step: 'primary', at: iso(t0 + 7000), seq: 12, text: 'gamma alarm' }, { step: 'assessed', at: iso(t0 + 41_000), seq: 19, user: 'Ә. Сейтқалиева', role: 'officer', text: '' }],
      answers: answers({ shape: 'plateau', declared: 'yes' }),
      norm: { grade: 'A', lines: [{ item: 1, hs: '3104209000', commodity: 'Potassium chloride (potash)', nuclides: 'K-40', low_bq_kg: 14000, high_bq_kg: 16600, row: 'norm_commodities.csv:2', mark: 'C', scrap: false }], expected_permille: 632, measured_permille: 758, extent_permille: 820, reasons: [{ code: 'plateau_consistent', text: 'the plateau fits what is declared' }, { code: 'no_windows', text: 'no energy windows' }], mark: 'M', factor: 'default' },
    },
  });
}

/** Neutrons, and hardly any gamma. */
export function neutron(lane, n, now, ago) {
  const p = data.clean(lane, n, now, ago);
  const t0 = Date.parse(p.opened);
  const o = (p.radiation = data.occupancy(t0 + 1100, 12.4, { seed: 8, source: { cps: 190, at: 8.6, width: 0.8 }, suppression: 0.18, speed: 1390, neutron: true }));
  const counts = [2, 3, 1, 2, 4, 2, 3, 9, 21, 17, 6, 2];
  o.neutron = counts.map((c, i) => ({ t_ms: (i + 1) * 1000, n: [Math.ceil(c / 2), 0, Math.floor(c / 2), 0], s: 0, ...(c > 8 ? { a: true } : {}), ...(c > 16 ? { v: true } : {}) }));
  Object.assign(o, { vendor_alarm: true, vendor_neutron: true, gamma_alarm: false });
  for (const s of o.slices) { delete s.a; delete s.v; }
  analysed(p, { at: 8.6, half: 0.9, net: 180, sigma: 5100, side: 510, high: 350, u: 600 });
  p.earlier = [{ ...data.occupancy(t0 - 300_000, 13.1, { seed: 4, source: { cps: 170, at: 8.9, width: 0.85 }, suppression: 0.18, speed: 1330 }), vendor_alarm: false, gamma_alarm: false }];
  alarmed(p, 'neutron alarm');
  return adjudication(p, {
    text: 'neutron alarm', proposed: answers({ neutron: 'yes' }), card: card(['due', 'due', 'done', 'open', 'open', 'due', 'open']),
    more: { strict: true, strict_because: ['neutron'], norm: { grade: 'X', lines: [], reasons: [{ code: 'neutron', text: 'neutrons are never natural' }], mark: 'M', factor: 'default' } },
  });
}

function alarmed(p, reason) {
  p.findings = p.findings.filter((f) => f.quantity !== 'radiation');
  p.findings.unshift({ vehicle: 'P', quantity: 'radiation', text: p.radiation.neutron_alarm ? 'neutron' : 'gamma', measured: Math.round(p.radiation.max_milli_sigma / 100) / 10, unit: 'sigma', verdict: 'exceeds', reason, clause: 'portal alarm, or own k-sigma test', blocking: true, two_persons: true });
  p.verdict = 'exceeds';
}

/** The last passages of a vehicle: here those of the archive. */
export function history(site, p, q) {
  const list = [...site.passages.values()].filter((x) => x.id !== p.id && x.phase === 'closed').slice(0, Number(q.get('limit') ?? 5));
  return { by: q.get('by'), key: 'x', passages: list.map((x) => ({ id: x.id, lane: x.lane, opened: x.opened, verdict: x.verdict, phase: x.phase, plate: x.plates?.[0]?.text, alarm: x.radiation.vendor_alarm, neutron: false, max_milli_sigma: x.radiation.max_milli_sigma, radiation: x.radiation, ...(x.radiation.vendor_alarm ? { code: 4, group: 'innocent', class: 'norm' } : {}) })) };
}

/** What an order does to the alarm of a passage; undefined is no such order. */
export function order(p, user, o, seq) {
  const a = p.adjudication;
  if (!a) return undefined;
  const at = iso(Date.now());
  const who = { user: user.name, role: user.roles[0], at, order: o.id };
  const step = (state, more, due) => ({ adjudication: { ...a, ...more, state, steps: [...(a.steps ?? []), { step: state, seq, text: o.action, ...who }], card: a.card.map((c) => (c.id === due.done ? { ...c, state: 'done' } : c.id === due.next ? { ...c, state: 'due' } : c)) }, text: o.action });
  if (o.action === 'assess') return step('assessed', { answers: o.assessment }, { done: 'confirm', next: 'secondary' });
  if (o.action === 'repeat') return step('repeat_requested', {}, {});
  if (o.action === 'secondary') return void Object.assign(p, step('secondary_requested', {}, {}));
  if (o.action === 'inspect') return step('secondary_completed', { inspections: [...(a.inspections ?? []), { ...o.inspection, ...who }] }, { done: 'secondary', next: 'code' });
  if (o.action !== 'adjudicate') return undefined;
  const mine = { code: o.code, group: 'x', class: o.class, text: o.note, ...who, expires: iso(Date.now() + 600_000) };
  if (!a.pending) return { adjudication: { ...a, pending: mine }, text: 'adjudicate waits for a second person', waits: true };
  const done = step('decided', { coded: { ...a.pending, second: user.name } }, { done: 'code' });
  delete done.adjudication.pending;
  return done;
}
