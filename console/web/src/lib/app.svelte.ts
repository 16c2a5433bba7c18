// The running console: one store, one connection, and the reactive face of both. Frames go
// into plain maps; once a frame of the display what changed is handed to the page as new
// values, so that a busy site costs the page one update, not one for each frame.

import * as api from './api';
import { quiet, rings, Silence, type Ring, type Verb } from './alarms';
import { Connection, type Socket } from './connection';
import { Fmt } from './fmt';
import { CONSOLE_LIMIT_MS, laneFresh, type LaneFresh } from './fresh';
import { i18n, langs, type Lang } from './i18n.svelte';
import { Orders, uuid7, type Tracked } from './orders';
import * as sound from './sound';
import { Store, type Doc } from './store';
import type { Alarm, AlarmBody, LaneState, LogEvent, Me, OrderBody, Passage } from './types';

export type Theme = 'day' | 'night' | 'contrast';
export const themes: readonly Theme[] = ['day', 'night', 'contrast'];

/** Why nothing on the screen may be relied on. */
export type Trouble = null | 'no_connection' | 'display' | 'reloading' | 'replaced';

/** The page was silent for so long that what it shows is old. */
const FREEZE_MS = 2500;
/** An alarm of the first priority sounds again after so long until it is acknowledged. */
const ALARM_MS = 6000;
/** Two presses within this time are one. */
const TWICE_MS = 400;

class App {
  me = $state.raw<Me | null>(null);
  checked = $state(false);
  lanes = $state.raw<LaneState[]>([]);
  docs = $state.raw<ReadonlyMap<string, Doc>>(new Map());
  events = $state.raw<LogEvent[]>([]);
  orders = $state.raw<Tracked[]>([]);
  fresh = $state.raw<ReadonlyMap<string, LaneFresh>>(new Map());
  now = $state(Date.now());
  trouble = $state<Trouble>('reloading');
  troubleSince = $state(0);
  offsetMs = $state(0);
  restartedAt = $state(0);
  theme = $state<Theme>('day');
  soundOn = $state(true);
  /** What of the first priority asks to be heard and is not silenced, the worst first. */
  ringing = $state.raw<readonly Ring[]>([]);
  shortcuts = $state(true);
  fmt = $derived(new Fmt(i18n.lang, this.me?.server.zone ?? ''));
  /** At a centre there are no lanes: the history is what one works with. */
  central = $derived(this.me?.server.centre ?? false);
  simulated = $derived(
    this.me?.server.mode === 'simulator' || this.lanes.some((l) => l.mode === 'simulator'),
  );

  readonly store = new Store();
  private readonly tracker = new Orders();
  private readonly silent = new Silence();
  private conn: Connection | null = null;
  private drawn = -1;
  private lastTick = 0;
  private badSince = 0;
  private lastStaleTone = 0;
  private lastAlarmTone = 0;
  private lastAck = 0;
  private restarts = 0;

  /** Reads what the user chose before and asks the server who is signed in. */
  async boot(): Promise<void> {
    this.restore();
    // A page that was loaded again has had no gesture yet: the first one gives the sound back.
    for (const e of ['pointerdown', 'keydown']) window.addEventListener(e, sound.unlock);
    try {
      this.me = await api.me();
      this.live();
    } catch {
      this.me = null;
    }
    this.checked = true;
  }

  async signIn(user: string, password: string): Promise<number> {
    sound.unlock();
    const status = await api.login(user, password);
    if (status !== 204) return status;
    try {
      this.me = await api.me();
    } catch {
      return 0;
    }
    this.live();
    return 204;
  }

  async signOut(): Promise<void> {
    this.conn?.stop();
    await api.logout();
    this.me = null;
  }

  watch(topics: readonly string[]): void {
    this.conn?.want(topics);
  }

  reconnect(): void {
    this.conn?.start();
  }

  passage(id: string | undefined): Passage | undefined {
    return id === undefined ? undefined : (this.docs.get(`passage/${id}`)?.v as unknown as Passage | undefined);
  }

  lane(id: string): LaneState | undefined {
    return this.docs.get(`lane/${id}`)?.v as unknown as LaneState | undefined;
  }

  /** Sends an order and follows it; nothing on the screen changes before the server says so. */
  async order(lane: string, body: Omit<OrderBody, 'id' | 'console'>): Promise<void> {
    const full: OrderBody = { ...body, id: uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10))), console: 'web' };
    this.tracker.start(full, lane, Date.now());
    this.orders = this.tracker.list;
    const r = await api.order(lane, full);
    this.tracker.answered(full.id, r.status, Date.now(), r.text);
    this.orders = this.tracker.list;
    if (r.status === 401) this.expired();
  }

  /** Sends an order about an alarm, as the user has seen it, and follows it like any other. */
  async alarm(a: Alarm, verb: Verb, more: Pick<AlarmBody, 'minutes' | 'reason'> = {}): Promise<void> {
    const full: AlarmBody = { ...more, id: uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10))), version: a.version, console: 'web' };
    const action = ({ ack: 'acknowledge', shelve: 'shelve', unshelve: 'unshelve' } as const)[verb];
    this.tracker.start({ id: full.id, action }, `alarm/${a.id}`, Date.now());
    this.orders = this.tracker.list;
    const r = await api.alarm(a.id, verb, full);
    this.tracker.answered(full.id, r.status, Date.now(), r.text);
    this.orders = this.tracker.list;
    if (r.status === 401) this.expired();
  }

  /** Acknowledges; not the next alarm too by a key that was pressed twice. */
  acknowledge(a: Alarm): boolean {
    const now = Date.now();
    if (now - this.lastAck < TWICE_MS) return false;
    this.lastAck = now;
    void this.alarm(a, 'ack');
    return true;
  }

  /** Takes away the sound of one alarm on this console; the alarm stands as before. */
  silence(id: string): void {
    for (const r of this.rings()) if (r.id === id) this.silent.silence(r);
    this.judge();
  }

  private rings(): Ring[] {
    return rings(this.lanes, (id) => this.passage(id));
  }

  /** What became of the last order about an alarm. */
  alarmOrder(id: string): Tracked | undefined {
    return this.lastOrder(`alarm/${id}`);
  }

  lastOrder(lane: string): Tracked | undefined {
    return this.orders.filter((o) => o.lane === lane).at(-1);
  }

  setLang(l: Lang): void {
    void i18n.use(l).then(() => {
      document.documentElement.lang = i18n.lang;
      this.keep();
    });
  }
  nextLang(): void {
    this.setLang(langs[(langs.indexOf(i18n.lang) + 1) % langs.length] ?? 'kk');
  }
  setTheme(th: Theme): void {
    this.theme = th;
    document.documentElement.dataset['theme'] = th;
    this.keep();
  }
  nextTheme(): void {
    this.setTheme(themes[(themes.indexOf(this.theme) + 1) % themes.length] ?? 'day');
  }
  toggleSound(): void {
    this.soundOn = !this.soundOn;
    if (this.soundOn) {
      sound.unlock();
      sound.play('p2');
    }
    this.keep();
  }
  toggleShortcuts(): void {
    this.shortcuts = !this.shortcuts;
    this.keep();
  }

  private live(): void {
    this.conn ??= new Connection(this.store, {
      open: () => openSocket(() => void this.ask()),
      now: () => Date.now(),
      random: Math.random,
      after: (ms, f) => {
        const id = window.setTimeout(f, ms);
        return () => window.clearTimeout(id);
      },
      fetchLog: api.log,
      onLogin: () => this.expired(),
      onReload: () => reloadOnce(),
      onEvents: (a) => this.heard(a),
      build: this.me?.server.build ?? '',
    });
    this.conn.start();
    if (this.lastTick !== 0) return;
    this.lastTick = Date.now();
    window.setInterval(() => this.tick(), 250);
    const frame = (): void => {
      this.flush();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const wake = (): void => {
      if (document.visibilityState === 'visible') this.conn?.resync();
    };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('pageshow', (e) => e.persisted && wake());
    window.addEventListener('online', wake);
  }

  /** A stream that was not even opened: the server is away, or the session has ended meanwhile. */
  private async ask(): Promise<void> {
    try {
      await api.me();
    } catch (e) {
      if (e instanceof api.HttpError && e.status === 401) this.expired();
    }
  }

  private expired(): void {
    this.conn?.stop();
    this.me = null;
  }

  private heard(a: readonly LogEvent[]): void {
    const now = Date.now();
    for (const e of a) this.tracker.event(e, now);
    this.orders = this.tracker.list;
    const recent = a.filter((e) => Math.abs(now + this.offsetMs - Date.parse(e.at)) < 30_000);
    const loud = recent.filter((e) => e.priority === 1);
    if (loud.some((e) => !this.rings().some((r) => r.id === e.alarm))) this.lastAlarmTone = 0; // a new one is heard at once
    if (!this.soundOn) return;
    if (loud.some((e) => !e.alarm)) sound.play('p1');
    else if (loud.length === 0 && recent.some((e) => e.priority === 2 && !quiet(e, this.store.lanes()))) sound.play('p2');
  }

  /**
   * The worst alarm of the first priority; it comes again until somebody has acknowledged or
   * silenced it. Radiation is heard also where the console's sound is off.
   */
  private sing(now: number): void {
    const r = this.ringing.find((x) => x.radiation || this.soundOn);
    if (!r) return;
    const v = r.radiation ? sound.voice(r.ratio, r.neutron, this.soundOn) : undefined;
    if (now - this.lastAlarmTone <= (v?.every ?? ALARM_MS)) return;
    this.lastAlarmTone = now;
    if (v) sound.speak(v);
    else sound.play('p1');
  }

  private flush(): void {
    if (this.drawn === this.store.changed) return;
    this.drawn = this.store.changed;
    this.docs = new Map(this.store.docs);
    this.lanes = this.store.lanes();
    this.events = this.store.events;
    for (const l of this.lanes) this.tracker.feedback(l.lane, l.barrier, Date.now());
    if (this.orders !== this.tracker.list) this.orders = this.tracker.list;
    this.judge();
  }

  private tick(): void {
    const now = Date.now();
    if (now - this.lastTick > FREEZE_MS) this.conn?.resync();
    this.lastTick = now;
    this.now = now;
    this.conn?.tick();
    for (const l of this.lanes) this.tracker.feedback(l.lane, l.barrier, now);
    if (this.orders !== this.tracker.list) this.orders = this.tracker.list;
    this.offsetMs = this.conn?.offset.ms ?? 0;
    if (this.store.restarts.length > this.restarts) {
      this.restarts = this.store.restarts.length;
      this.restartedAt = now;
    }
    this.watchdog(now);
    this.judge();
  }

  /** Draws the conclusions of freshness; the clock behind it is the page's own. */
  private judge(): void {
    const now = Date.now();
    const fresh = new Map<string, LaneFresh>();
    // Once nothing at all arrives, the console is stale; its devices are not to blame.
    const at = Math.min(now, this.store.lastFrame + 500);
    for (const l of this.lanes) fresh.set(l.lane, laneFresh(l, this.store.ages, this.store.lastHb, at));
    this.fresh = fresh;
    const silent = now - this.store.lastFrame > CONSOLE_LIMIT_MS;
    let next: Trouble = null;
    if (this.conn?.link === 'stopped') next = 'replaced';
    else if (silent) next = this.store.lastFrame === 0 ? 'reloading' : 'no_connection';
    else if (this.badSince > 0 && now - this.badSince > 1000) next = 'display';
    else if (this.store.awaiting.size > 0) next = 'reloading';
    if (next !== this.trouble) {
      if (next === 'no_connection') this.troubleSince = this.store.lastFrame;
      else if (next !== null) this.troubleSince = now;
      this.trouble = next;
    }
    if (next === 'no_connection' && this.soundOn && now - this.lastStaleTone > 10_000) {
      this.lastStaleTone = now;
      sound.play('stale');
    }
    // A lost connection takes no alarm away.
    this.ringing = this.rings().filter((r) => !this.silent.has(r));
    this.sing(now);
  }

  /**
   * Compares what stands in the document with what the store holds. A page that draws
   * perfect frames of old values is worse than one that stops.
   */
  private watchdog(now: number): void {
    if (document.visibilityState !== 'visible') return;
    let bad = false;
    for (const el of document.querySelectorAll<HTMLElement>('[data-doc]')) {
      const doc = this.store.docs.get(el.dataset['doc'] ?? '');
      if (doc && doc.ver > 0 && Number(el.dataset['ver']) !== doc.ver) bad = true;
    }
    if (!bad) this.badSince = 0;
    else if (this.badSince === 0) this.badSince = now;
  }

  private restore(): void {
    const get = (k: string): string | null => {
      try {
        return localStorage.getItem(`acsgd.${k}`);
      } catch {
        return null;
      }
    };
    // A link may name both, for a kiosk without storage.
    const link = new URLSearchParams(location.search);
    const lang = (link.get('lang') ?? get('lang')) as Lang | null;
    const theme = (link.get('theme') ?? get('theme')) as Theme | null;
    const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
    this.soundOn = get('sound') !== 'off';
    this.shortcuts = get('shortcuts') !== 'off';
    this.theme = theme && themes.includes(theme) ? theme : dark ? 'night' : 'day';
    document.documentElement.dataset['theme'] = this.theme;
    this.setLang(lang && langs.includes(lang) ? lang : 'kk');
  }

  private keep(): void {
    try {
      localStorage.setItem('acsgd.lang', i18n.lang);
      localStorage.setItem('acsgd.theme', this.theme);
      localStorage.setItem('acsgd.sound', this.soundOn ? 'on' : 'off');
      localStorage.setItem('acsgd.shortcuts', this.shortcuts ? 'on' : 'off');
    } catch {
      // A kiosk without storage starts with the defaults each time.
    }
  }
}

function openSocket(refused: () => void): Socket {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const ws = new WebSocket(`${scheme}//${location.host}/api/stream`, 'acsgd.v1.json');
  const s: Socket = {
    send: (text) => {
      if (ws.readyState === WebSocket.OPEN) ws.send(text);
    },
    close: (code) => ws.close(code),
    onopen: null,
    onmessage: null,
    onclose: null,
  };
  let opened = false;
  ws.onopen = () => {
    opened = true;
    s.onopen?.();
  };
  ws.onmessage = (e) => s.onmessage?.(String(e.data));
  ws.onclose = (e) => {
    if (!opened) refused();
    s.onclose?.(e.code);
  };
  return s;
}

/** One reload for one mismatch of builds; a second one within a minute would be a loop. */
function reloadOnce(): void {
  const last = Number(sessionStorage.getItem('acsgd.reload') ?? 0);
  if (Date.now() - last < 60_000) return;
  sessionStorage.setItem('acsgd.reload', String(Date.now()));
  location.reload();
}

export const app = new App();
