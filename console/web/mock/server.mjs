// A server for developing and testing the page without the real one. It speaks the HTTP and
// stream contract of the console, keeps a small site in memory and carries out orders. Users:
// officer, second, lead, viewer; the password is the name. POST /mock/<what> breaks things.
//
//   node mock/server.mjs [port]        PORT 0 picks a free one and prints it

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import * as data from './data.mjs';
import * as radiation from './radiation.mjs';

const dist = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'dist');
const iso = (ms) => new Date(ms).toISOString();
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const csp = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
const users = {
  officer: { id: 'officer', name: 'Ә. Сейтқалиева', roles: ['officer'] },
  second: { id: 'second', name: 'Ғ. Нұрланов', roles: ['radiation_officer'] },
  lead: { id: 'lead', name: 'М. Қасымов', roles: ['supervisor'] },
  viewer: { id: 'viewer', name: 'Auditor', roles: ['auditor'] },
};

export function start(port = 0, opts = {}) {
  const now = Date.now();
  const site = {
    epoch: randomBytes(8).toString('hex'),
    server: { build: 'mock-1', site: opts.site ?? 'Нұр Жолы', mode: opts.mode ?? 'simulator', zone: 'Asia/Almaty' },
    lanes: new Map(), passages: new Map(), log: [], sessions: new Map(), orders: new Map(), frozen: false, silent: new Set(), stuckBarrier: false,
  };
  seed(site, now, opts.lanes ?? 8, opts.radiation);
  const clients = new Set();
  const http = createServer((req, res) => void handle(site, clients, req, res).catch((e) => reply(res, 500, { error: String(e) })));
  const wss = new WebSocketServer({ noServer: true, handleProtocols: (p) => (p.has('acsgd.v1.json') ? 'acsgd.v1.json' : false) });
  http.on('upgrade', (req, sock, head) => {
    const user = who(site, req);
    if (req.url !== '/api/stream' || !user) return void sock.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    wss.handleUpgrade(req, sock, head, (ws) => attach(site, clients, ws, user));
  });
  const beat = setInterval(() => heartbeat(site, clients), 1000);
  const play = setInterval(() => live(site, clients), 400);
  return new Promise((ok) =>
    http.listen(port, '127.0.0.1', () =>
      ok({
        port: http.address().port,
        site,
        close: () => {
          clearInterval(beat);
          clearInterval(play);
          for (const c of clients) c.ws.terminate();
          http.close();
          http.closeAllConnections();
        },
      }),
    ),
  );
}

function seed(site, now, count, rays) {
  const make = rays ? [() => [radiation.gamma('1', 4101, now, 46_000)], () => [radiation.norm('2', 4102, now, 95_000)], () => [radiation.neutron('3', 4103, now, 31_000)], () => [data.measuring('4', 4104, now, 9_000)]] : [
    () => [data.clean('1', 4101, now, 46_000)],
    () => [data.overloaded('2', 4102, now, 131_000), data.measuring('2', 4109, now, 4_000)],
    () => [data.undeclared('3', 4103, now, 75_000)],
    () => [data.measuring('4', 4104, now, 9_000)],
    () => [],
    () => [],
    () => {
      const p = data.overloaded('7', 4107, now, 402_000);
      p.pending = { action: 'override', user: 'М. Қасымов', role: 'supervisor', reason: 'norm_confirmed', note: 'Калий удобрение, ручной прибор: K-40, 0,12 мкЗв/ч', at: iso(now - 40_000), order: '0195-pending', expires: iso(now + 540_000) };
      p.phase = 'held';
      p.decision = { action: 'hold', user: 'Ә. Сейтқалиева', reason: 'radiation', at: iso(now - 350_000), order: 'x1' };
      return [p];
    },
    () => [data.clean('8', 4108, now, 20_000)],
  ];
  for (let i = 1; i <= count; i++) {
    const id = String(i);
    const list = (make[(i - 1) % Math.max(8, make.length)] ?? (() => []))().map((p) => ({ ...p, lane: id, id: p.id.replace(/^KHG-\d+/, `KHG-${id}`) }));
    for (const p of list) site.passages.set(p.id, p);
    const off = i % 8 === 0 ? { rpm: { state: 'offline', reason: 'no connection to 10.20.8.31:10001', since: iso(now - 132_000), last: iso(now - 132_000) } } : i === 3 ? { front: { state: 'degraded', reason: 'low contrast at night' } } : {};
    site.lanes.set(id, {
      lane: id, version: data.nextSeq(), mode: site.server.mode, open: i % 8 !== 6, barrier: 'closed', light: 'red',
      loops: [{ signal: 'loop_entry', on: list.length > 0 }, { signal: 'loop_barrier', on: false }, { signal: 'barrier_down', on: true }],
      passages: list.map((p) => p.id), devices: data.devices(id, now, off), index_version: 77, arrivals: 2841, updated: iso(now),
    });
  }
  for (const l of site.lanes.values()) alarms(site, l, now);
  archive(site, now);
  for (const p of site.passages.values()) for (const e of p.history ?? []) site.log.push(e);
  site.log.push(data.event('8', '', now - 132_000, 'fault', 'rpm-8: no connection to 10.20.8.31:10001', { priority: 2 }));
  site.log.sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** The alarms that stand in a lane at the start: of its first passage, and of its devices. */
function alarms(site, l, now) {
  const add = (priority, state, ago, more) =>
    (l.alarms ??= []).push({ id: `KHG-${l.lane}-${data.nextSeq()}`, priority, state, active: state !== 'D', since: iso(now - ago), last: iso(now - ago), count: 1, version: 1, ...more });
  const p = site.passages.get(l.passages[0]);
  const bad = p?.final ? (p.findings ?? []).filter((f) => f.verdict === p.verdict) : [];
  if (bad.length > 0 && p.verdict !== 'within')
    add(bad.some((f) => f.two_persons || f.quantity === 'radiation') ? 1 : p.verdict === 'exceeds' ? 2 : 3, p.decision ? 'C' : 'B', 30_000, { kind: 'passage', passage: p.id, text: p.verdict, details: [...new Set(bad.map((f) => f.quantity))].join(', '), ...(p.decision ? { by: p.decision.user, at: p.decision.at } : {}) });
  for (const d of l.devices) if (d.state === 'offline') add(2, 'B', 132_000, { kind: 'device', device: d.name, text: `${d.name} offline: ${d.reason}`, count: 3 });
  for (const d of l.devices) if (d.state === 'degraded') add(3, 'E', 1_320_000, { kind: 'device', device: d.name, text: `${d.name} degraded: ${d.reason}`, by: 'М. Қасымов', at: iso(now - 600_000), reason: 'weather', until: iso(now + 1_500_000) });
  if (l.lane === '5') add(1, 'D', 700_000, { kind: 'left', passage: 'KHG-5-90', text: 'left the lane without a release' });
}

function archive(site, now) {
  const r = data.rng(5);
  const kinds = [data.clean, data.clean, data.clean, data.undeclared, data.overloaded];
  for (let i = 0; i < 140; i++) {
    const lane = String(1 + (i % 6));
    const p = kinds[Math.floor(r() * kinds.length)](lane, 4000 - i, now, 600_000 + i * 380_000);
    p.phase = 'closed';
    p.closed = iso(Date.parse(p.opened) + 180_000);
    p.decision = p.verdict === 'within' ? { action: 'release', user: 'Ә. Сейтқалиева', at: p.closed, order: `a${i}` } : { action: i % 3 ? 'hold' : 'override', user: 'М. Қасымов', second: i % 3 ? undefined : 'Ғ. Нұрланов', reason: 'permit', note: 'Рұқсат № 5531, көрсетілді', at: p.closed, order: `a${i}` };
    site.passages.set(p.id, p);
  }
}

const summary = (p) => {
  const { history: _h, ...rest } = p;
  const out = structuredClone(rest);
  if (out.radiation) delete out.radiation.slices;
  if (out.size) delete out.size.outline;
  return out;
};
const open = (site, lane) => (site.lanes.get(lane)?.passages ?? []).map((id) => site.passages.get(id)).filter(Boolean);

function snapshot(site, topic) {
  const v = {};
  if (topic === 'lanes') {
    for (const l of site.lanes.values()) {
      v[`lane/${l.lane}`] = l;
      for (const p of open(site, l.lane)) v[`passage/${p.id}`] = summary(p);
    }
    return v;
  }
  const lane = topic.slice('lane/'.length);
  if (!site.lanes.has(lane)) return undefined;
  const list = open(site, lane);
  const last = [...site.passages.values()].filter((p) => p.lane === lane && !list.includes(p)).sort((a, b) => (a.opened < b.opened ? 1 : -1))[0];
  for (const p of [...list, last].filter(Boolean)) v[`passage/${p.id}`] = p;
  v[`lane/${lane}`] = site.lanes.get(lane);
  return v;
}

function attach(site, clients, ws, user) {
  const c = { ws, user, s: 0, topics: new Set() };
  clients.add(c);
  ws.on('close', () => clients.delete(c));
  ws.on('message', (raw) => {
    if (site.frozen) return;
    const f = JSON.parse(String(raw));
    if (f.t === 'ping') send(site, c, { t: 'pong', c: f.c });
    if (f.t === 'hello') {
      send(site, c, { t: 'welcome', user, server: site.server, hb_ms: 1000 });
      if (f.resume?.e === site.epoch && f.resume.log_seq < site.log.length) send(site, c, { t: 'log', n: site.log.length, a: site.log.slice(f.resume.log_seq) });
      c.topics = new Set(f.topics);
      for (const t of f.topics) snap(site, c, t);
      heartbeat(site, [c]);
    }
    if (f.t === 'sub')
      for (const t of f.topics) {
        c.topics.add(t);
        snap(site, c, t);
      }
    if (f.t === 'unsub') for (const t of f.topics) c.topics.delete(t);
  });
}

function snap(site, c, topic) {
  const v = snapshot(site, topic);
  if (v) send(site, c, { t: 'snap', topic, v, log_seq: site.log.length });
  else c.ws.close(4003, 'topic');
}

function send(site, c, f) {
  if (site.frozen) return;
  c.ws.send(JSON.stringify({ ...f, e: site.epoch, s: ++c.s, ts: Date.now() + (site.skew ?? 0) }));
}

function heartbeat(site, clients) {
  const ages = {};
  for (const l of site.lanes.values()) {
    ages[`lane/${l.lane}`] = site.silent.has(l.lane) ? 9000 : 120;
    for (const d of l.devices) {
      const quiet = site.silent.has(d.name);
      ages[`lane/${l.lane}/${d.name}`] = d.state === 'offline' ? Date.now() - Date.parse(d.last) : quiet ? 15_000 : 200 + (d.name.length * 37) % 600;
    }
  }
  for (const c of clients) send(site, c, { t: 'hb', ages, log_head: site.log.length, now: Date.now() });
}

/** Puts a changed passage or lane in force and tells who listens. */
function publish(site, clients, key, patch) {
  const [kind, id] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
  const obj = kind === 'lane' ? site.lanes.get(id) : site.passages.get(id);
  const ver = data.nextSeq();
  Object.assign(obj, patch, { version: ver });
  const p = { ...patch, version: ver };
  const x = Object.keys(patch).filter((k) => patch[k] === undefined);
  for (const c of clients) {
    const lane = kind === 'lane' ? id : obj.lane;
    if (c.topics.has(`lane/${lane}`) || c.topics.has('lanes')) send(site, c, { t: 'delta', d: [{ k: key, ver, p, ...(x.length ? { x } : {}) }] });
  }
}

function logEvent(site, clients, e) {
  site.log.push(e);
  const p = e.passage && site.passages.get(e.passage);
  if (p) publish(site, clients, `passage/${p.id}`, { history: [...(p.history ?? []), e] });
  for (const c of clients) send(site, c, { t: 'log', n: site.log.length, a: [e] });
}

/** The vehicle of lane 4 goes on growing: axles arrive, the profile runs. */
function live(site, clients) {
  if (site.frozen || site.still) return;
  const p = site.passages.get(site.lanes.get('4')?.passages[0]);
  if (!p || p.final) return;
  const m = [6840, 9120, 7010, 6980, 7050];
  const gaps = [0, 3720, 5680, 1310, 1310];
  const i = p.axles.length;
  site.tick = (site.tick ?? 0) + 1;
  if (site.tick % 12 === 0 && i < 5) {
    const axles = [...p.axles, { seq: data.nextSeq(), axle: i + 1, mass_kg: m[i], u_kg: 140, gap_mm: gaps[i], mode: 'dynamic' }];
    publish(site, clients, `passage/${p.id}`, { axles });
    logEvent(site, clients, data.event('4', p.id, Date.now(), 'axle', `${i + 1}: ${m[i]} kg`));
  }
  const all = data.slices(30, [412, 398, 405, 421], { seed: 5 });
  publish(site, clients, `passage/${p.id}`, { radiation: { ...p.radiation, slices: all.slice(0, Math.min(all.length, 26 + site.tick * 2)) } });
}

function who(site, req) {
  const m = /(?:^|;\s*)acsgd=([0-9a-f]+)/.exec(req.headers.cookie ?? '');
  return m ? site.sessions.get(m[1]) : undefined;
}

function reply(res, status, body, headers = {}) {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Security-Policy': csp, ...headers });
  res.end(body === undefined ? '' : JSON.stringify(body));
}

async function body(req) {
  let s = '';
  for await (const part of req) s += part;
  return s ? JSON.parse(s) : {};
}

async function handle(site, clients, req, res) {
  const url = new URL(req.url, 'http://x');
  const path = url.pathname;
  if (path.startsWith('/mock/')) return mock(site, clients, path.slice(6), url, res);
  if (!path.startsWith('/api/')) return file(path, req, res);
  if (req.method === 'POST' && req.headers['x-acsgd'] !== '1') return reply(res, 403, { error: 'header' });
  if (path === '/api/login') {
    const b = await body(req);
    const u = users[b.user];
    if (b.user === 'flood') return reply(res, 429);
    if (!u || b.password !== b.user) return reply(res, 401);
    const sid = randomBytes(16).toString('hex');
    site.sessions.set(sid, u);
    return reply(res, 204, undefined, { 'Set-Cookie': `acsgd=${sid}; HttpOnly; SameSite=Strict; Path=/` });
  }
  const user = who(site, req);
  if (!user) return reply(res, 401);
  if (path === '/api/logout') return reply(res, 204, undefined, { 'Set-Cookie': 'acsgd=; Max-Age=0; Path=/' });
  if (path === '/api/me') return reply(res, 200, { user, server: site.server });
  if (path === '/api/log') {
    const after = Number(url.searchParams.get('after') ?? 0);
    const a = site.log.slice(after, after + 200);
    return reply(res, 200, { n: after + a.length, a, more: after + a.length < site.log.length });
  }
  if (path === '/api/devices') return reply(res, 200, { devices: deviceRows(site) });
  if (path === '/api/passages') return reply(res, 200, search(site, url.searchParams));
  const ray = /^\/api\/passages\/([^/]+)\/radiation\/(history|attachments)$/.exec(path);
  if (ray) {
    const p = site.passages.get(decodeURIComponent(ray[1]));
    if (!p) return reply(res, 404, { error: 'unknown' });
    if (ray[2] === 'history') return reply(res, 200, radiation.history(site, p, url.searchParams));
    return attachment(url.searchParams.get('name'), req, res);
  }
  if (path.startsWith('/api/passages/')) {
    const p = site.passages.get(decodeURIComponent(path.slice(14)));
    return p ? reply(res, 200, p) : reply(res, 404, { error: 'unknown' });
  }
  if (path.startsWith('/api/evidence/')) {
    const pic = data.svg(path.slice(14));
    if (!pic) return reply(res, 404);
    res.writeHead(200, { 'Content-Type': 'image/svg+xml', 'Cache-Control': 'private, max-age=31536000, immutable' });
    return void res.end(pic);
  }
  const m = /^\/api\/lanes\/([^/]+)\/orders$/.exec(path);
  if (m && req.method === 'POST') return order(site, clients, decodeURIComponent(m[1]), user, await body(req), res);
  const a = /^\/api\/alarms\/([^/]+)\/(ack|shelve|unshelve)$/.exec(path);
  if (a && req.method === 'POST') return alarm(site, clients, decodeURIComponent(a[1]), a[2], user, await body(req), res);
  reply(res, 404, { error: 'unknown' });
}

/** Reads of an N42 document only what the page shows; the true reader is the server's. */
async function attachment(name, req, res) {
  const parts = [];
  for await (const part of req) parts.push(part);
  const bytes = Buffer.concat(parts);
  const text = bytes.toString('utf8');
  const blob = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, name };
  if (bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xd8]))) return reply(res, 201, { attachment: { ...blob, type: 'image/jpeg', role: 'photo' } });
  if (!text.includes('RadInstrumentData')) return reply(res, 415, { error: 'neither N42 nor JPEG nor PNG' });
  const of = (tag) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1];
  reply(res, 201, { attachment: { ...blob, type: 'application/xml', role: 'n42' }, summary: { instrument: of('RadInstrumentModelName'), serial: of('RadInstrumentIdentifier'), nuclides: [...text.matchAll(/<NuclideName>([^<]*)</g)].map((m) => m[1]), dose_nsvh: 120, neutron: 'no', problems: [] } });
}

function alarm(site, clients, id, verb, user, o, res) {
  if (site.orders.has(o.id)) return reply(res, 202, { order: o.id });
  if (!user.roles.some((r) => ['officer', 'radiation_officer', 'supervisor'].includes(r))) return reply(res, 403);
  const l = [...site.lanes.values()].find((x) => id.includes(`-${x.lane}-`));
  if (!l) return reply(res, 404, { error: `there is no alarm ${id}` });
  site.orders.set(o.id, o);
  reply(res, 202, { order: o.id });
  setTimeout(() => {
    const x = l.alarms?.find((y) => y.id === id);
    const say = (kind, text) => logEvent(site, clients, data.event(l.lane, x?.passage, Date.now(), kind, text, { order: o.id, user: user.name, alarm: id }));
    if (!x) return say('refused', `${{ ack: 'acknowledge' }[verb] ?? verb} refused: there is no alarm ${id}`);
    if (verb === 'ack' && x.state === 'C') return say('refused', `acknowledge refused: it is acknowledged already by ${x.by}`);
    const { by: _b, at: _a, reason: _r, until: _u, ...bare } = x;
    const mine = { by: user.name, at: iso(Date.now()) };
    const next = { ack: x.active ? { ...bare, ...mine, state: 'C' } : undefined, shelve: { ...bare, ...mine, state: 'E', reason: o.reason, until: iso(Date.now() + (o.minutes ?? 0) * 60_000) }, unshelve: { ...bare, state: 'B' } }[verb];
    const list = l.alarms.map((y) => (y.id === id ? next : y)).filter(Boolean);
    publish(site, clients, `lane/${l.lane}`, { alarms: list.length > 0 ? list : undefined });
    say('order', { ack: 'acknowledged', shelve: `shelved for ${o.minutes} minutes (${o.reason})`, unshelve: 'taken from the shelf' }[verb] + `: ${x.text}`);
  }, 60);
}

/** Certificates of scales and scanners; one has ended, one ends soon, one scale has none. */
function certificate(d, lane, now) {
  if (!['wim', 'dims'].includes(d.class) || (d.class === 'wim' && lane === '4')) return undefined;
  const in_days = d.class === 'dims' ? 12 : lane === '2' ? -9 : 214;
  const ranges = [{ from_mms: 139, to_mms: 1389, mass_class: '0.5', axle_class: 'B', group_class: 'B' }, { from_mms: 1389, to_mms: 4167, mass_class: '1', axle_class: 'C', group_class: 'C' }];
  return { number: `KZ-${d.class === 'wim' ? 7 : 3}${lane}41-26`, class: d.class, serial: `70${lane}1`, standard: 'x', issuer: 'x', issued: '2025-01-10', expires: iso(now + in_days * 86_400_000).slice(0, 10), ...(d.class === 'wim' ? { ranges } : {}) };
}

function deviceRows(site) {
  const now = Date.now();
  return [...site.lanes.values()].flatMap((l) =>
    l.devices.map((d, i) => ({
      ...d, certificate: certificate(d, l.lane, now), last: d.state === 'offline' ? d.last : iso(now - 300 - i * 90), lane: l.lane, kind: { wim: 'wim/tenso-m', dims: 'dims/cola', rpm: 'rpm/tsa', anpr: 'anpr/isapi', laneio: 'laneio/modbus' }[d.class], link: `tcp://10.20.${l.lane}.${31 + i}:10001`,
      counters: { bytes: 18_442_113 + i * 7717, frames: 220_912 + i, observations: 4419 + i * 3, errors: i === 0 ? 2 : 0, reconnects: d.state === 'offline' ? 14 : 1 },
      errors: i === 0 ? [{ at: iso(now - 5_400_000), offset: 1_822_017, reason: 'checksum 3f, want 7b', frame_hex: 'ff 01 c3 00 40 12 3f ff ff' }, { at: iso(now - 9_900_000), offset: 901_555, reason: 'frame longer than 64 bytes' }] : [],
    })),
  );
}

function search(site, q) {
  const limit = Math.min(200, Number(q.get('limit') ?? 50));
  const plate = (q.get('plate') ?? '').toUpperCase();
  const list = [...site.passages.values()]
    .filter((p) => (!q.get('lane') || p.lane === q.get('lane')) && (!q.get('device') || p.instruments?.some((m) => m.name === q.get('device'))) && (!q.get('verdict') || p.verdict === q.get('verdict')))
    .filter((p) => !plate || p.plates?.some((x) => x.text.includes(plate)))
    .filter((p) => (!q.get('from') || p.opened >= q.get('from')) && (!q.get('to') || p.opened < q.get('to')) && (!q.get('before') || p.opened < q.get('before')))
    .sort((a, b) => (a.opened < b.opened ? 1 : -1));
  const page = list.slice(0, limit);
  return { passages: page.map(summary), next: list.length > limit ? page[page.length - 1].opened : '' };
}

function order(site, clients, lane, user, o, res) {
  if (site.orders.has(o.id)) return reply(res, 202, { order: o.id });
  const l = site.lanes.get(lane);
  const p = site.passages.get(o.passage);
  if (!user.roles.some((r) => ['officer', 'radiation_officer', 'supervisor'].includes(r))) return reply(res, 403);
  if (!l) return reply(res, 423);
  if (p && o.version && o.version !== p.version) return reply(res, 409);
  site.orders.set(o.id, o);
  reply(res, 202, { order: o.id });
  setTimeout(() => execute(site, clients, l, p, user, o), 80);
}

function execute(site, clients, l, p, user, o) {
  const say = (kind, text, extra = {}) => logEvent(site, clients, data.event(l.lane, p?.id, Date.now(), kind, text, { order: o.id, user: user.name, ...extra }));
  if (o.action === 'open_lane' || o.action === 'close_lane') {
    say('order', o.action);
    return publish(site, clients, `lane/${l.lane}`, { open: o.action === 'open_lane' });
  }
  const worked = radiation.order(p, user, o, data.nextSeq());
  if (worked) {
    publish(site, clients, `passage/${p.id}`, { adjudication: worked.adjudication });
    return say(worked.waits ? 'pending' : 'order', worked.text);
  }
  const two = p.findings?.some((f) => f.two_persons && f.verdict !== 'within');
  const decision = { action: o.action, user: user.name, role: user.roles[0], reason: o.reason, note: o.note, at: iso(Date.now()), order: o.id };
  if (o.action === 'override' && two && !p.pending) {
    publish(site, clients, `passage/${p.id}`, { pending: { ...decision, expires: iso(Date.now() + 600_000) } });
    return say('pending', 'override waits for a second person', { priority: 2 });
  }
  if (o.action === 'override' && two && p.pending.user === user.name) return say('refused', 'the second person must be another');
  if (o.action === 'correct_plate') {
    const plates = p.plates.map((x) => ((x.role ?? 'front') === o.plate_role && (!o.plate_device || x.device === o.plate_device) ? { ...x, corrected: o.plate, corrected_by: user.name, corrected_at: new Date().toISOString() } : x));
    publish(site, clients, `passage/${p.id}`, { plates, amended: (p.amended ?? 0) + 1 });
    return say('order', `plate ${o.plate}`);
  }
  const phase = { release: 'released', override: 'released', hold: 'held', secondary: 'secondary' }[o.action] ?? p.phase;
  const first = p.pending;
  const done = first && o.action === 'override' ? { ...first, second: user.name, at: decision.at } : decision;
  if (phase !== p.phase && l.alarms?.some((a) => a.passage === p.id)) {
    const list = l.alarms.filter((a) => a.passage !== p.id);
    publish(site, clients, `lane/${l.lane}`, { alarms: list.length > 0 ? list : undefined });
  }
  publish(site, clients, `passage/${p.id}`, { ...(phase !== p.phase || o.action === 'hold' ? { phase, decision: done } : {}), pending: undefined });
  say('order', `${o.action}${o.reason ? ` (${o.reason})` : ''}`);
  if (phase !== 'released') return;
  logEvent(site, clients, data.event(l.lane, p.id, Date.now(), 'signal', 'barrier open', { order: o.id }));
  if (site.stuckBarrier) return;
  const at = (ms, f) => setTimeout(f, ms);
  at(250, () => publish(site, clients, `lane/${l.lane}`, { barrier: 'opening', light: 'green' }));
  at(1400, () => {
    publish(site, clients, `lane/${l.lane}`, { barrier: 'open' });
    logEvent(site, clients, data.event(l.lane, p.id, Date.now(), 'barrier', 'open', { order: o.id }));
  });
  at(5000, () => {
    publish(site, clients, `passage/${p.id}`, { phase: 'left' });
    logEvent(site, clients, data.event(l.lane, p.id, Date.now(), 'left', 'through the barrier'));
    publish(site, clients, `lane/${l.lane}`, { barrier: 'closing', light: 'red', passages: l.passages.filter((id) => id !== p.id) });
  });
  at(6200, () => publish(site, clients, `lane/${l.lane}`, { barrier: 'closed' }));
}

/** Faults for tests: freeze, thaw, restart, silent?name=, loud?name=, device?lane=&name=&state=, skew?ms=, drop?code=, stuck, still, alarm?lane=&p=&text=. */
function mock(site, clients, what, url, res) {
  const q = url.searchParams;
  if (what === 'freeze') site.frozen = true;
  if (what === 'thaw') site.frozen = false;
  if (what === 'still') site.still = true;
  if (what === 'stuck') site.stuckBarrier = true;
  if (what === 'skew') site.skew = Number(q.get('ms'));
  if (what === 'silent') site.silent.add(q.get('name'));
  if (what === 'loud') site.silent.delete(q.get('name'));
  if (what === 'expire') site.sessions.clear();
  if (what === 'drop') for (const c of clients) c.ws.close(Number(q.get('code') ?? 4000));
  if (what === 'touch') publish(site, clients, `passage/${q.get('id')}`, {});
  if (what === 'restart') {
    site.epoch = randomBytes(8).toString('hex');
    for (const c of clients) c.ws.close(4000);
  }
  if (what === 'event') logEvent(site, clients, data.event(q.get('lane') ?? '1', '', Date.now(), 'fault', q.get('text') ?? 'event', { priority: Number(q.get('p') ?? 3) }));
  if (what === 'alarm') {
    const l = site.lanes.get(q.get('lane'));
    const p = Number(q.get('p') ?? 1);
    const id = `KHG-${l.lane}-${data.nextSeq()}`;
    publish(site, clients, `lane/${l.lane}`, { alarms: [...(l.alarms ?? []), { id, kind: 'fault', priority: p, state: 'B', active: true, since: iso(Date.now()), last: iso(Date.now()), count: 1, version: 1, text: q.get('text') ?? 'barrier fault' }] });
    logEvent(site, clients, data.event(l.lane, '', Date.now(), 'fault', q.get('text') ?? 'barrier fault', { priority: p, alarm: id }));
  }
  if (what === 'again') {
    // Every alarm of the lane is raised once more.
    const l = site.lanes.get(q.get('lane'));
    publish(site, clients, `lane/${l.lane}`, { alarms: (l.alarms ?? []).map((a) => ({ ...a, count: a.count + 1, version: a.version + 1, last: iso(Date.now()) })) });
  }
  if (what === 'gap') for (const c of clients) c.s++;
  reply(res, 200, { ok: true, etag: createHash('sha256').update(what).digest('hex').slice(0, 8) });
}

function file(path, req, res) {
  let f = normalize(join(dist, path));
  if (!f.startsWith(dist) || !existsSync(f) || statSync(f).isDirectory()) f = join(dist, 'index.html');
  const headers = { 'Content-Type': types[extname(f)] ?? 'application/octet-stream', 'Content-Security-Policy': csp, 'X-Content-Type-Options': 'nosniff' };
  if (/gzip/.test(req.headers['accept-encoding'] ?? '') && existsSync(`${f}.gz`)) {
    f += '.gz';
    headers['Content-Encoding'] = 'gzip';
  }
  res.writeHead(200, headers);
  createReadStream(f).pipe(res);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const s = await start(Number(process.argv[2] ?? 8088), { lanes: Number(process.env.LANES ?? 8), mode: process.env.MODE });
  console.log(`http://127.0.0.1:${s.port}/`);
}
