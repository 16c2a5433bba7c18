// Passages for the mock server, in the shapes of package fusion. The numbers are made up,
// but they fit together: sums are sums, and findings follow from the measurements.

const iso = (ms) => new Date(ms).toISOString();
const round = (x, d = 3) => Math.round(x * 10 ** d) / 10 ** d;

/** A small repeatable generator, so that two runs of the mock look alike. */
export function rng(seed) {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

export function plate(role, text, country, conf, opts = {}) {
  const chars = [...text].map((c, i) => ({ c, p: round(opts.low?.includes(i) ? 0.61 : Math.min(0.999, conf + ((i * 7) % 5) / 100 - 0.02)) }));
  return {
    device: `anpr-${role}`, seq: 40 + text.length, at: opts.at, text, country, confidence: conf, role, chars,
    candidates: opts.candidates, container: opts.container, adr: opts.adr, event_id: `ev-${text}`,
    pictures: text === '' ? [] : [
      { sha256: picture('plate', text, country), size: 8123, type: 'image/svg+xml', role: 'plate' },
      { sha256: picture('vehicle', text, country), size: 58123, type: 'image/svg+xml', role: 'vehicle' },
    ],
    corrected: opts.corrected, corrected_by: opts.by,
  };
}

/** What the second reader says of the picture of another reading. */
export function second(of, text, conf, low = []) {
  const r = plate(of.role, text, undefined, conf, { at: of.at, low });
  const [seen] = of.pictures;
  const own = { ...r.pictures[0], sha256: picture('own', text, of.country) };
  return { ...r, device: 'reader-1', event_id: `read-${seen.sha256}`, parent: seen.sha256, images: [own.sha256, seen.sha256], pictures: [own], otherwise: text && of.text && text !== of.text ? of.text : undefined };
}

export const pictures = new Map();
function picture(kind, text, country) {
  let h = 0x811c9dc5;
  for (const c of `${kind}${text}`) h = Math.imul(h ^ c.codePointAt(0), 16777619) >>> 0;
  const sha = h.toString(16).padStart(8, '0').repeat(8);
  pictures.set(sha, { kind, text, country });
  return sha;
}

/** The picture as SVG: a plate at an angle, with the noise of a night camera. */
export function svg(sha) {
  const p = pictures.get(sha);
  if (!p) return undefined;
  const r = rng(parseInt(sha.slice(0, 8), 16));
  const dots = Array.from({ length: 160 }, () => `<circle cx="${(r() * 320).toFixed(0)}" cy="${(r() * 130).toFixed(0)}" r="${(r() * 1.6).toFixed(1)}" fill="#fff" opacity="${(r() * 0.25).toFixed(2)}"/>`).join('');
  const big = p.kind === 'vehicle';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 130" width="${big ? 960 : 320}" height="${big ? 390 : 130}"><rect width="320" height="130" fill="#3d4146"/><rect y="95" width="320" height="35" fill="#24272a"/><g transform="translate(160 62) skewY(-3)"><rect x="-118" y="-29" width="236" height="58" rx="6" fill="#d9dadb" stroke="#17191b" stroke-width="3"/><rect x="-114" y="-25" width="22" height="50" fill="#9aa0a6"/><text x="-103" y="20" font-size="13" font-family="sans-serif" text-anchor="middle" fill="#17191b">${p.country ?? ''}</text><text x="14" y="17" font-size="42" font-weight="700" font-family="sans-serif" text-anchor="middle" textLength="190" lengthAdjust="spacingAndGlyphs" fill="#141618">${p.text}</text></g>${dots}</svg>`;
}

/** The roof line of an articulated lorry as a scanner gives it. */
export function outline(length, height, cabHeight = 2950) {
  const pts = [];
  const n = 110;
  for (let i = 0; i <= n; i++) {
    const x = Math.round((length * i) / n);
    let z;
    if (x < 250) z = 1150 + x * 3.2;
    else if (x < 2200) z = cabHeight + Math.min(700, Math.max(0, (x - 500) * 0.42));
    else if (x < 2650) z = 1250;
    else if (x > length - 60) z = height - 400;
    else z = height + Math.round(6 * Math.sin(x / 190));
    const half = x > 350 && x < 600 ? 1560 : x >= 2200 && x < 2650 ? 1150 : 1270; // mirrors, frame
    pts.push({ x, z: Math.min(Math.round(z), height + 6), l: -half - 80, r: half - 80 });
  }
  return pts;
}

export function boxOutline(length, height) {
  return Array.from({ length: 91 }, (_, i) => {
    const x = Math.round((length * i) / 90);
    const z = x < 200 ? 1100 + x * 4 : x < 1950 ? 2550 + Math.min(250, x * 0.15) : x < 2200 ? 1300 : height;
    return { x, z: Math.round(z), l: -1245, r: 1245 };
  });
}

/** Gamma slices of 200 ms: background, the lorry's shielding, and a source at a place. */
export function slices(seconds, bg, opts = {}) {
  const r = rng(opts.seed ?? 7);
  const out = [];
  const noise = (m) => Math.max(0, Math.round(m + Math.sqrt(m) * (r() + r() + r() + r() - 2) * 1.7));
  const share = bg.map((b) => b / 5);
  for (let i = -5; i <= seconds * 5; i++) {
    const t = i * 0.2;
    const inside = t > 0.6 && t < seconds - 0.8 ? 1 - (opts.suppression ?? 0.12) : 1;
    const src = opts.source ? opts.source.cps / 5 : 0;
    const bump = opts.source ? Math.exp(-((t - opts.source.at) ** 2) / (2 * opts.source.width ** 2)) : 0;
    const g = share.map((b, k) => noise(b * inside + src * bump * (k < 2 ? 0.7 : 0.3)));
    out.push({ t_ms: Math.round(t * 1000), g, z: -2147483648 });
  }
  const tot = bg.reduce((a, b) => a + b, 0);
  let acc = [];
  for (const s of out) {
    acc.push(s.g.reduce((a, b) => a + b, 0));
    acc = acc.slice(-5);
    if (acc.length < 5) continue;
    const n = acc.reduce((a, b) => a + b, 0);
    s.z = Math.round(((n - tot) / Math.sqrt(tot)) * 1000);
    if (s.z > 5000) {
      s.a = true;
      s.v = true;
    }
  }
  return out;
}

export function occupancy(start, seconds, opts = {}) {
  const bg = opts.bg ?? [412, 398, 405, 421];
  const sl = slices(seconds, bg, opts);
  const max = Math.max(...sl.map((s) => s.z));
  const alarm = sl.some((s) => s.a);
  return {
    occupancy: 318, start: iso(start), end: iso(start + seconds * 1000), open: false, slices: sl, background_cps: bg,
    has_background: true, background_age: 4_100_000_000, neutron_background_mcps: 3120, vendor_alarm: alarm, gamma_alarm: alarm,
    threshold_milli_sigma: 5000, count: sl.length, group: 'sum', neutron: Array.from({ length: Math.floor(seconds) }, (_, i) => ({ t_ms: (i + 1) * 1000, n: [(i * 7) % 3 === 0 ? 1 : 0, 0, (i * 5) % 4 === 0 ? 1 : 0, 0], s: 0 })),
    neutron_alarm: opts.neutron ?? false, max_milli_sigma: max, suppression_max_permille: Math.round((opts.suppression ?? 0.12) * 1000),
    speed_mms: opts.speed ?? 1400,
  };
}

const KZ = 'KZ-342';
/** One mass or size comparison, judged as the core does. */
export function finding(quantity, axles, measured, u, limit, unit, extra = {}) {
  const tol = u;
  const judged = round(measured - tol);
  const over = limit !== undefined && judged > limit;
  const f = {
    vehicle: 'P', quantity, measured, uncertainty: u, tolerance: tol, limit, unit,
    verdict: over ? 'exceeds' : 'within', pack: KZ, mark: 'V', evidence: [41, 42],
  };
  if (axles) f.axles = axles;
  if (over) {
    f.excess = round(judged - limit);
    f.excess_bp = Math.round(((judged - limit) / limit) * 10000);
    f.blocking = true;
  } else if (limit !== undefined && measured > limit) f.reason = 'within tolerance';
  return { ...f, ...extra };
}

const goodsMass = (kg) => kg;

export function declaration(id, opts) {
  return {
    id, kind: opts.kind ?? 'import', procedure: opts.procedure ?? '40 00', mrn: opts.mrn, format: 'wco-dm',
    offices: { departure: 'CN7903', border: 'KZ55302', destination: 'KZ55301' },
    parties: { consignor: 'Urumqi Tianshan Trading Co.', consignee: opts.consignee ?? 'ТОО «Жетісу Логистик»', carrier: opts.carrier ?? 'ТОО «Алтын Жол Транс»' },
    units: opts.units, containers: opts.containers, seals: opts.seals ?? ['CN4471902'],
    items: opts.items, totals: { gross_kg: goodsMass(opts.gross), packages: opts.packages ?? 412, items: opts.items.length },
    route: ['CN', 'KZ'], deadline: '2026-03-12', origin_country: 'CN', received: opts.received,
  };
}

let seq = 1000;
export const nextSeq = () => ++seq;

export function event(lane, passage, at, kind, text, extra = {}) {
  return { at: iso(at), seq: nextSeq(), kind, lane, ...(passage ? { passage } : {}), text, ...extra };
}

const base = (lane, n, now, ago) => ({
  instruments: [
    { name: `anpr-front-${lane}`, class: 'anpr' },
    { name: `rpm-${lane}`, class: 'rpm' },
    { name: `dims-${lane}`, class: 'dims', certificate: `KZ-3${lane}41-26`, serial: `40${lane}3`, expires: '2029-04-02' },
    { name: `wim-${lane}`, class: 'wim', certificate: `KZ-7${lane}41-26`, serial: `70${lane}1`, expires: lane === '2' ? '2020-01-09' : '2029-01-09' },
  ],
  id: `KHG-${lane}-20260304-${String(n).padStart(5, '0')}`,
  version: nextSeq(), lane, direction: 'import', phase: 'awaiting', opened: iso(now - ago), simulated: true,
  speed_mms: 1420, final: true, index_version: 77,
});

function course(p, now, rows) {
  const t0 = Date.parse(p.opened);
  p.history = rows.map(([dt, kind, text, extra]) => event(p.lane, p.id, t0 + dt, kind, text, extra));
}

/** A clean articulated lorry: everything matched, everything within. */
export function clean(lane, n, now, ago) {
  const p = base(lane, n, now, ago);
  const t0 = Date.parse(p.opened);
  const m = [6840, 9120, 7010, 6980, 7050];
  const gaps = [0, 3720, 5680, 1310, 1310];
  p.plates = [plate('front', '482KBM05', 'KZ', 0.985, { at: iso(t0 + 900) }), plate('rear', '37AXB05', 'KZ', 0.971, { at: iso(t0 + 9400) })];
  p.axles = m.map((kg, i) => ({ seq: nextSeq(), axle: i + 1, mass_kg: kg, u_kg: round(kg * 0.02, 0), gap_mm: gaps[i], u_gap_mm: 30, speed_mms: 1420, mode: 'dynamic', group: i >= 2 ? 1 : 0 }));
  p.gross = { seq: nextSeq(), mass_kg: 37000, u_kg: 370, declared_kg: 21850 };
  p.size = { seq: nextSeq(), length_mm: 16480, u_length_mm: 120, width_mm: 2548, u_width_mm: 20, height_mm: 3985, u_height_mm: 15, raw_width_mm: 3120, overhang_mm: 1390, outline: outline(16480, 3985) };
  p.radiation = occupancy(t0 + 1200, 12.6, { seed: 3 });
  p.axle_code = 'A2C3';
  p.declaration = declaration('9c01d2aa31f04b77', {
    mrn: '55302/040326/0011873', units: [{ role: 'tractor', plate: '482KBM05', country: 'KZ' }, { role: 'trailer', plate: '37AXB05', country: 'KZ' }],
    items: [{ no: 1, hs: '8516500000', origin: 'CN', gross_kg: 12400, packages: 310, description: 'Печи микроволновые' }, { no: 2, hs: '8509400000', origin: 'CN', gross_kg: 9450, packages: 102, description: 'Измельчители пищевых продуктов' }],
    gross: 21850, received: iso(t0 - 7_200_000),
  });
  p.match = { state: 'matched', declared: [{ declaration: p.declaration.id, text: '482KBM05', posterior: 0.999994, exact: true, second: true, why: ['plate equal', 'second evidence agrees'] }, { declaration: '11aa', text: '482KBN05', posterior: 0.000004, exact: false, second: false }] };
  p.findings = [
    ...m.slice(0, 2).map((kg, i) => finding('axle', [i + 1, i + 1], kg, round(kg * 0.02, 0), 10000, 'kg', { clause: 'Order 342, cl. 4', row: 'axle 1' })),
    finding('group', [3, 5], 21040, 380, 22500, 'kg', { clause: 'Order 342, cl. 5', row: 'axle 9', notes: ['tyres_assumed'] }),
    finding('gross', undefined, 37000, 370, 38000, 'kg', { clause: 'Order 342, cl. 3', row: 'gross 5' }),
    finding('length', undefined, 16480, 120, 20000, 'mm', { clause: 'Order 342, cl. 8' }),
    finding('width', undefined, 2548, 20, 2600, 'mm', { clause: 'Order 342, cl. 8' }),
    finding('height', undefined, 3985, 15, 4000, 'mm', { clause: 'Order 342, cl. 8' }),
    { vehicle: 'P', quantity: 'radiation', text: 'gamma', measured: round(Math.max(0, p.radiation.max_milli_sigma) / 1000, 1), unit: 'sigma', verdict: 'within', clause: 'portal alarm, or own k-sigma test' },
    { vehicle: 'P', quantity: 'declared_mass', measured: 37000, uncertainty: 370, tolerance: 370, limit: 38650, unit: 'kg', verdict: 'within', clause: 'tare by class', mark: 'M', notes: ['tare_default'] },
  ];
  p.verdict = 'within';
  course(p, now, [[0, 'opened', 'loop_entry'], [900, 'plate', '482KBM05 KZ 0.99'], [3100, 'axle', '1: 6840 kg'], [5700, 'axle', '2: 9120 kg'], [9400, 'plate', '37AXB05 KZ 0.97'], [9700, 'axle', '3: 7010 kg'], [10600, 'axle', '4: 6980 kg'], [11500, 'axle', '5: 7050 kg'], [11600, 'weighed', '37000 kg ±370'], [12900, 'profile', '16.48 × 2.55 × 3.99 m'], [13800, 'radiation', 'no alarm, max 1.9 sigma'], [13801, 'matched', '55302/040326/0011873 p=0.999994'], [13801, 'judged', 'within']]);
  return p;
}

/** Overloaded, with a gamma source in the trailer and a false declared mass. */
export function overloaded(lane, n, now, ago) {
  const p = base(lane, n, now, ago);
  const t0 = Date.parse(p.opened);
  const m = [7240, 12840, 9180, 9420, 9350];
  const gaps = [0, 3650, 5420, 1310, 1305];
  p.plates = [
    plate('front', '017ABC02', 'KZ', 0.93, { at: iso(t0 + 800), low: [5], candidates: [{ text: '017A8C02', p: 0.051 }, { text: 'O17ABC02', p: 0.012 }] }),
    plate('trailer', '86BDE13', 'KZ', 0.884, { at: iso(t0 + 9100), low: [2, 3] }),
  ];
  p.plates.push(second(p.plates[0], '017ABC02', 0.961), second(p.plates[1], '86BBE13', 0.91, [3]));
  p.axles = m.map((kg, i) => ({ seq: nextSeq(), axle: i + 1, mass_kg: kg, u_kg: round(kg * 0.02, 0), gap_mm: gaps[i], u_gap_mm: 30, speed_mms: 1310, mode: 'dynamic', group: i >= 2 ? 1 : 0 }));
  p.gross = { seq: nextSeq(), mass_kg: 48030, u_kg: 480, declared_kg: 24100 };
  p.size = { seq: nextSeq(), length_mm: 16720, u_length_mm: 130, width_mm: 2552, u_width_mm: 20, height_mm: 4130, u_height_mm: 15, raw_width_mm: 3120, overhang_mm: 1410, outline: outline(16720, 4130) };
  p.radiation = occupancy(t0 + 1100, 13.4, { seed: 11, source: { cps: 520, at: 8.4, width: 0.75 }, suppression: 0.17, speed: 1310 });
  p.axle_code = 'A2C3';
  p.declaration = declaration('4f7710bc9a2e11d0', {
    mrn: '55302/040326/0011902', carrier: 'ИП Сейтқали Ә.Ғ.', units: [{ role: 'tractor', plate: '017ABC02', country: 'KZ' }, { role: 'trailer', plate: '86BBE13', country: 'KZ' }],
    items: [{ no: 1, hs: '310420', origin: 'CN', gross_kg: 18300, packages: 366, description: 'Хлорид калия' }, { no: 2, hs: '392690', origin: 'CN', gross_kg: 5800, packages: 140, description: 'Изделия из пластмассы' }],
    gross: 24100, packages: 506, received: iso(t0 - 5_400_000),
  });
  p.match = { state: 'matched', declared: [{ declaration: p.declaration.id, text: '017ABC02', posterior: 0.99871, exact: true, second: false, why: ['plate equal', 'a plate differs from the declaration', 'reader-1 reads 86BBE13 where the camera reads 86BDE13'], differs: true }, { declaration: '77c1', text: '017ABE02', posterior: 0.0011, exact: false, second: false, why: [] }] };
  const rad = { vehicle: 'P', quantity: 'radiation', text: 'gamma', measured: round(p.radiation.max_milli_sigma / 1000, 1), unit: 'sigma', verdict: 'exceeds', reason: 'gamma alarm of the portal and of our test', clause: 'portal alarm, or own k-sigma test', evidence: [77], blocking: true, two_persons: true, notes: ['declared goods radiate by nature: Potassium chloride (potash) (K-40); expected profile: uniform over the load'] };
  p.findings = [
    rad,
    ...m.slice(0, 2).map((kg, i) => finding('axle', [i + 1, i + 1], kg, round(kg * 0.02, 0), 10000, 'kg', { clause: 'Order 342, cl. 4', row: 'axle 1' })),
    finding('group', [3, 5], 27950, 560, 22500, 'kg', { clause: 'Order 342, cl. 5', row: 'axle 9', notes: ['tyres_assumed', 'spacing_ambiguous'], mark: 'M' }),
    finding('gross', undefined, 48030, 480, 38000, 'kg', { clause: 'Order 342, cl. 3', row: 'gross 5', band: '20–50 %' }),
    finding('length', undefined, 16720, 130, 20000, 'mm', { clause: 'Order 342, cl. 8' }),
    finding('width', undefined, 2552, 20, 2600, 'mm', { clause: 'Order 342, cl. 8' }),
    finding('height', undefined, 4130, 15, 4000, 'mm', { clause: 'Order 342, cl. 8' }),
    { vehicle: 'P', quantity: 'declared_mass', measured: 48030, uncertainty: 480, tolerance: 480, limit: 41000, excess: 6550, excess_bp: 2718, unit: 'kg', verdict: 'exceeds', reason: 'B3 heavier than declared', clause: 'tare by class', mark: 'M', notes: ['tare_default', 'expected 37100 to 41000'], blocking: true },
    { vehicle: 'P', quantity: 'goods', verdict: 'undetermined', reason: 'document required: radiation certificate', text: 'Fertilisers', pack: 'KZ-goods', row: 'norm 310420', mark: 'M' },
  ];
  p.advice = [finding('gross', undefined, 48030, 480, 40000, 'kg', { pack: 'EU-96/53', clause: 'Annex I 2.2.1', blocking: undefined })];
  p.verdict = 'exceeds';
  course(p, now, [[0, 'opened', 'loop_entry'], [800, 'plate', '017ABC02 KZ 0.93'], [3050, 'axle', '1: 7240 kg'], [5850, 'axle', '2: 12840 kg', { priority: 2 }], [9100, 'plate', 'anpr-1-trailer: 86BDE13 KZ 0.88'], [9300, 'plate', 'reader-1: 86BBE13  0.91 in the picture of anpr-1-trailer, which reads 86BDE13', { priority: 0 }], [9500, 'radiation', 'gamma alarm, 18 sigma', { priority: 1 }], [10010, 'axle', '3: 9180 kg'], [11000, 'axle', '4: 9420 kg'], [12000, 'axle', '5: 9350 kg'], [12050, 'weighed', '48030 kg ±480'], [13500, 'profile', '16.72 × 2.55 × 4.13 m'], [14600, 'matched', '55302/040326/0011902 p=0.99871'], [14601, 'judged', 'exceeds: radiation, axle 2, axles 3-5, gross, height', { priority: 1 }]]);
  return p;
}

/** A rigid lorry that nobody announced, read badly. */
export function undeclared(lane, n, now, ago) {
  const p = base(lane, n, now, ago);
  const t0 = Date.parse(p.opened);
  const m = [5120, 9880];
  p.plates = [plate('front', '01KG471ACV', 'KG', 0.79, { at: iso(t0 + 700), low: [2, 6, 7], candidates: [{ text: '01KG47IACV', p: 0.16 }] })];
  p.plates.push(second(p.plates[0], '01KG417ACV', 0.88, [6]), { ...plate('rear', '', '', 0, { at: iso(t0 + 6800) }), chars: [], text: '' });
  p.axles = m.map((kg, i) => ({ seq: nextSeq(), axle: i + 1, mass_kg: kg, u_kg: round(kg * 0.02, 0), gap_mm: i ? 4200 : 0, u_gap_mm: 30, mode: 'dynamic' }));
  p.gross = { seq: nextSeq(), mass_kg: 15000, u_kg: 200 };
  p.size = { seq: nextSeq(), length_mm: 8350, u_length_mm: 90, width_mm: 2490, u_width_mm: 20, height_mm: 3420, u_height_mm: 15, outline: boxOutline(8350, 3420) };
  p.radiation = occupancy(t0 + 900, 7.2, { seed: 21, suppression: 0.07 });
  p.axle_code = 'A2';
  p.match = { state: 'none', declared: [{ declaration: '0d11', text: '01KG417ACV', posterior: 0.021, exact: false, second: false, why: [] }] };
  p.findings = [
    { vehicle: 'P', quantity: 'declaration', verdict: 'undetermined', reason: 'no declaration found', blocking: true },
    finding('axle', [1, 1], 5120, 102, 10000, 'kg', { clause: 'Order 342, cl. 4' }),
    finding('axle', [2, 2], 9880, 198, 10000, 'kg', { clause: 'Order 342, cl. 4' }),
    finding('gross', undefined, 15000, 200, 18000, 'kg', { clause: 'Order 342, cl. 3', mark: 'M' }),
    finding('height', undefined, 3420, 15, 4000, 'mm', { clause: 'Order 342, cl. 8' }),
    finding('width', undefined, 2490, 20, 2600, 'mm', { clause: 'Order 342, cl. 8' }),
    finding('length', undefined, 8350, 90, 12000, 'mm', { clause: 'Order 342, cl. 8' }),
  ];
  p.verdict = 'undetermined';
  course(p, now, [[0, 'opened', 'loop_entry'], [700, 'plate', '01KG471ACV KG 0.79', { priority: 3 }], [3000, 'axle', '1: 5120 kg'], [6000, 'axle', '2: 9880 kg'], [6050, 'weighed', '15000 kg ±200'], [7100, 'profile', '8.35 × 2.49 × 3.42 m'], [8000, 'radiation', 'no alarm'], [8001, 'matched', 'none, nearest 01KG417ACV p=0.021'], [8001, 'judged', 'undetermined: no declaration', { priority: 2 }]]);
  return p;
}

/** A vehicle still on the scale. */
export function measuring(lane, n, now, ago) {
  const p = clean(lane, n, now, ago);
  p.phase = 'measuring';
  p.final = false;
  p.verdict = 'undetermined';
  p.plates = [plate('front', '915XYZ17', 'KZ', 0.964, { at: p.opened })];
  p.axles = p.axles.slice(0, 2);
  delete p.gross;
  delete p.size;
  delete p.axle_code;
  delete p.declaration;
  p.match = { state: 'none' };
  p.findings = p.findings.slice(0, 2);
  p.missing = [`wim-${lane}`, `dims-${lane}`, `rpm-${lane}`, `anpr-rear-${lane}`];
  const t0 = Date.parse(p.opened);
  p.radiation = { ...occupancy(t0 + 300, 4, { seed: 5 }), open: true };
  delete p.radiation.end;
  p.history = p.history.slice(0, 4);
  return p;
}

/** Instruments of a lane; the radiation portal may be down. */
export function devices(lane, now, opts = {}) {
  const mk = (name, cls, extra = {}) => ({ name: `${name}-${lane}`, class: cls, state: 'online', since: iso(now - 86_400_000), last: iso(now - 400), ...extra });
  return [
    mk('wim', 'wim'),
    mk('dims', 'dims'),
    mk('rpm', 'rpm', opts.rpm ?? {}),
    mk('anpr-front', 'anpr', opts.front ?? {}),
    mk('anpr-rear', 'anpr'),
    mk('io', 'laneio'),
  ];
}
