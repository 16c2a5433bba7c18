// The objects of the server, as their JSON tags in package fusion and its neighbours name
// them. Masses are kilograms, lengths millimetres, speeds mm/s, probabilities 0..1, times
// RFC 3339 in UTC. What may be absent is optional and is never read as zero.

export type Verdict = 'within' | 'exceeds' | 'undetermined';
export type Phase =
  | 'approaching'
  | 'measuring'
  | 'awaiting'
  | 'released'
  | 'held'
  | 'secondary'
  | 'left'
  | 'closed';
export type HealthState = 'online' | 'degraded' | 'offline' | 'maintenance';
export type Action =
  | 'release'
  | 'hold'
  | 'secondary'
  | 'override'
  | 'correct_plate'
  | 'choose_match'
  | 'remeasure'
  | 'undo'
  | 'note'
  | 'close_lane'
  | 'open_lane'
  | 'acknowledge'
  | 'shelve'
  | 'unshelve'
  | 'assess'
  | 'repeat'
  | 'inspect'
  | 'adjudicate';

export interface Finding {
  vehicle?: string;
  quantity: string;
  axles?: number[];
  measured?: number;
  uncertainty?: number;
  tolerance?: number;
  limit?: number;
  unit?: string;
  verdict: Verdict;
  reason?: string;
  pack?: string;
  row?: string;
  clause?: string;
  mark?: string;
  excess?: number;
  excess_bp?: number;
  band?: string;
  notes?: string[];
  evidence?: number[];
  text?: string;
  blocking?: boolean;
  two_persons?: boolean;
}

/** One judgement step by step, as the server derives it again. */
export interface Derivation {
  pack: string;
  act: string;
  version: string;
  simulator?: boolean;
  day?: string;
  shape: { class?: string; tractor?: number; trailer?: number; code?: string; pattern?: string; inferred?: boolean };
  groups?: { first: number; last: number; kind: string; gaps_mm?: number[]; sum_mm?: number }[];
  findings: { finding: Finding; steps: Step[] }[];
}

export interface Step {
  kind: 'measured' | 'limit' | 'taken_off' | 'compared' | 'excess' | 'band' | 'note' | 'verdict';
  value?: number;
  other?: number;
  unit?: string;
  over?: boolean;
  bp?: number;
  text?: string;
  row?: string;
  mark?: string;
}

export interface Explanation {
  passage: string;
  version: number;
  judging: Derivation;
  advice?: Derivation[];
  same: boolean;
  differences?: string[];
}

export interface Blob {
  sha256: string;
  size: number;
  type: string;
  role?: string;
}

export interface PlateRead {
  device: string;
  seq: number;
  at: string;
  text: string;
  original?: string;
  country?: string;
  confidence: number;
  role?: 'front' | 'rear' | 'trailer';
  chars?: { c: string; p: number }[];
  candidates?: { text: string; p: number }[];
  container?: string;
  adr?: string;
  /** The picture that a second reader read. */
  parent?: string;
  /** What the camera read in that picture, where it is another text. */
  otherwise?: string;
  images?: string[];
  pictures?: Blob[];
  corrected?: string;
  corrected_by?: string;
  corrected_at?: string;
}

export interface AxleLoad {
  seq: number;
  axle: number;
  mass_kg: number;
  u_kg?: number;
  gap_mm: number;
  u_gap_mm?: number;
  speed_mms?: number;
  mode?: string;
  flags?: string[];
  group?: number;
}

export interface GrossLoad {
  seq: number;
  mass_kg: number;
  u_kg?: number;
  declared_kg?: number;
  flags?: string[];
}

export interface Size {
  seq: number;
  length_mm: number;
  u_length_mm?: number;
  width_mm: number;
  u_width_mm?: number;
  height_mm: number;
  u_height_mm?: number;
  flags?: string[];
  raw_height_mm?: number;
  raw_width_mm?: number;
  /** First axle behind the front; absent is not known. */
  overhang_mm?: number;
  /** Cross-sections: behind the front, height, left and right of the lane's middle. */
  outline?: { x: number; z: number; l?: number; r?: number }[];
}

export interface RadiationSlice {
  t_ms: number;
  g: number[];
  z: number;
  a?: boolean;
  v?: boolean;
}

export interface Occupancy {
  occupancy: number;
  start: string;
  end?: string;
  open: boolean;
  slices?: RadiationSlice[];
  background_cps: number[];
  has_background: boolean;
  background_age?: number;
  neutron_background_mcps: number;
  vendor_alarm: boolean;
  gamma_alarm: boolean;
  neutron_alarm: boolean;
  max_milli_sigma: number;
  suppression_max_permille: number;
  speed_mms?: number;
  truncated?: boolean;
  fault?: string;
  /** Every n-th slice and the alarming ones; absent or 0 is all. */
  thinned?: number;
  energy_alarm?: boolean;
  vendor_gamma?: boolean;
  vendor_neutron?: boolean;
  /** a is the portal's rule, made here; e our own test; v the portal's flag. */
  neutron?: { t_ms: number; n: number[]; a?: boolean; e?: boolean; v?: boolean }[];
  group?: string;
  peak_t_ms?: number;
  /** k of the alarm test in force. */
  threshold_milli_sigma?: number;
  /** The background before it was implausibly low; what follows is the test against a plausible one. */
  background_guard?: boolean;
  guard_background_cps?: number[];
  guard_alarm?: boolean;
  guard_milli_sigma?: number;
  /** Of the gamma slices; absent is 200. */
  interval_ms?: number;
  /** When the first slice that was not buffered ended: there the front is. */
  live_t_ms?: number;
  /** How long the portal stays occupied behind the vehicle. */
  hold_ms?: number;
  beam_speed_mms?: number;
  neutron_confirmed?: boolean;
  /** Alarm contacts alone: no counts, so there is no profile. */
  contacts?: boolean;
  /** Of a closed occupancy. */
  analysis?: Analysis;
}

/** What the engine finds beside the test that the portal makes too (package radiation). */
export interface Analysis {
  templates?: string;
  alarm: boolean;
  tests: RadiationTest[] | null;
  /** What the vehicle's shadow leaves of the background, of each slice. */
  expected_permille?: number[];
  net_cps: number;
  net_permille: number;
  peak?: RadiationPeak;
  spectrum?: { shares_permille: number[]; class: 'norm' | 'soft' | 'medium' | 'hard' | 'unknown' };
}

export interface RadiationTest {
  name: string;
  milli_sigma: number;
  threshold_milli_sigma: number;
  alarm: boolean;
  group?: string;
  t_ms: number;
  /** Why it could not be made. */
  reason?: string;
}

export interface RadiationPeak {
  t_ms: number;
  from_t_ms: number;
  to_t_ms: number;
  /** -1000 all in the left pillar .. 1000 all in the right one. */
  side_permille: number;
  /** -1000 all in the lower panels .. 1000 all in the upper ones. */
  high_permille: number;
  shape: 'compact' | 'distributed' | 'unknown';
  on_plateau?: boolean;
}

/** A peak on the vehicle, mm behind its front. */
export interface RadiationPlace {
  middle_mm: number;
  from_mm: number;
  to_mm: number;
  u_mm: number;
  length_mm?: number;
  by: string;
}

export interface MatchCandidate {
  declaration: string;
  /** As people know it; absent where the document has none. */
  number?: string;
  text: string;
  posterior: number;
  exact: boolean;
  second: boolean;
  differs?: boolean;
  why?: string[];
}

export interface MatchResult {
  state: 'matched' | 'ambiguous' | 'none';
  declared?: MatchCandidate[];
}

export interface Declaration {
  id: string;
  kind: string;
  procedure?: string;
  mrn?: string;
  lrn?: string;
  format?: string;
  offices?: { departure?: string; destination?: string; entry?: string; border?: string };
  parties?: { declarant?: string; consignor?: string; consignee?: string; carrier?: string };
  units?: { role: string; plate: string; country?: string; source?: string }[];
  containers?: { id: string }[];
  seals?: string[];
  items?: {
    no: number;
    hs?: string;
    origin?: string;
    gross_kg?: number;
    net_kg?: number;
    packages?: number;
    description?: string;
  }[];
  totals?: { gross_kg?: number; packages?: number; items?: number };
  permits?: { kind?: string; id: string; date?: string }[];
  previous_documents?: { kind?: string; id: string; date?: string }[];
  route?: string[];
  deadline?: string;
  origin_country?: string;
  received?: string;
}

export interface Decision {
  action: Action;
  user: string;
  role?: string;
  second?: string;
  reason?: string;
  note?: string;
  at: string;
  order: string;
  expires?: string;
}

export interface LogEvent {
  at: string;
  seq: number;
  kind: string;
  lane: string;
  passage?: string;
  text: string;
  user?: string;
  order?: string;
  priority?: number;
  /** Id of the standing alarm that it raised or changed. */
  alarm?: string;
}

/** How a radiation alarm is worked through and decided (package fusion). */
export interface Adjudication {
  state: string;
  steps?: { step?: string; at: string; seq: number; user?: string; role?: string; second?: string; order?: string; text: string }[];
  card?: { id: string; state: 'done' | 'due' | 'open' | 'not_needed' }[];
  proposed?: Assessment;
  answers?: Assessment;
  hints?: { code: number; class?: string; reasons?: Because[] }[];
  norm?: NormAdvice;
  safety?: 'screening' | 'evacuate';
  /** Neither of the two persons may be a plain officer, and why. */
  strict?: boolean;
  strict_because?: string[];
  inspections?: Inspection[];
  pending?: Coded;
  coded?: Coded;
}

export interface Because {
  code: string;
  text: string;
}

export type Answer = 'yes' | 'no' | 'unknown';

export interface Assessment {
  neutron: Answer;
  shape: 'peak' | 'plateau' | 'unknown';
  place: 'cab' | 'cargo' | 'both' | 'unknown';
  declared: Answer;
  guard: Answer;
  speed: Answer;
}

export interface NormAdvice {
  grade: 'A' | 'B' | 'C' | 'X';
  lines: { item: number; hs: string; commodity: string; nuclides?: string; low_bq_kg?: number; high_bq_kg?: number; row?: string; mark?: string; scrap?: boolean }[] | null;
  expected_permille?: number;
  measured_permille?: number;
  extent_permille?: number;
  reasons: Because[] | null;
  mark?: string;
  factor?: string;
}

/** Dose rates are in nSv/h. */
export interface Inspection {
  dose_10cm_nsvh?: number;
  dose_1m_nsvh?: number;
  dose_background_nsvh?: number;
  neutron: 'yes' | 'no' | 'not_searched';
  nuclides?: string[];
  instrument: string;
  serial: string;
  text?: string;
  attachments?: Attachment[];
  user?: string;
  role?: string;
  at?: string;
  order?: string;
}

export interface Attachment extends Blob {
  name?: string;
}

/** What an uploaded file says, for a person to confirm. */
export interface Uploaded {
  attachment: Attachment;
  summary?: { instrument?: string; serial?: string; nuclides?: string[] | null; dose_nsvh?: number; neutron?: string; problems?: string[] | null };
}

export interface Coded {
  code: number;
  group?: string;
  class?: string;
  text?: string;
  nuclides?: string[];
  hs?: string[];
  declaration?: string;
  user: string;
  role?: string;
  second?: string;
  second_role?: string;
  at: string;
  order?: string;
  expires?: string;
}

/** An earlier passage of the same vehicle or consignor. */
export interface Before {
  id: string;
  lane: string;
  opened: string;
  verdict: Verdict;
  phase: Phase;
  plate?: string;
  consignor?: string;
  alarm: boolean;
  neutron: boolean;
  max_milli_sigma: number;
  state?: string;
  code?: number;
  group?: string;
  class?: string;
  grade?: string;
  radiation?: Occupancy;
}

/** An instrument that has contributed to a passage, with its certificate of that day. */
export interface Measured {
  name: string;
  class: string;
  certificate?: string;
  serial?: string;
  /** Last day, YYYY-MM-DD. */
  expires?: string;
}

/** What the last verification of an instrument established. Days are the site's. */
export interface Certificate {
  number: string;
  serial: string;
  issued: string;
  expires: string;
  ranges?: { from_mms: number; to_mms: number; mass_class?: string; axle_class?: string; group_class?: string }[];
  simulator?: boolean;
}

export interface Passage {
  id: string;
  version: number;
  lane: string;
  direction: string;
  phase: Phase;
  opened: string;
  closed?: string;
  simulated?: boolean;
  instruments?: Measured[];
  plates?: PlateRead[];
  axles?: AxleLoad[];
  gross?: GrossLoad;
  size?: Size;
  radiation?: Occupancy;
  radiation_place?: RadiationPlace;
  /** The other passes of this vehicle through the portal. */
  earlier?: Occupancy[];
  adjudication?: Adjudication;
  speed_mms?: number;
  axle_code?: string;
  /** How the axles stand: T11O3. */
  pattern?: string;
  /** FHWA class. */
  class13?: number;
  match: MatchResult;
  declaration?: Declaration;
  index_version?: number;
  verdict: Verdict;
  final: boolean;
  missing?: string[];
  findings?: Finding[];
  advice?: Finding[];
  decision?: Decision;
  pending?: Decision;
  green?: boolean;
  amended?: number;
  history?: LogEvent[];
}

export interface DeviceState {
  name: string;
  class: string;
  state: HealthState;
  reason?: string;
  since?: string;
  last?: string;
  /** A passage is complete without this device, so its loss does not stop decisions. */
  optional?: boolean;
}

/**
 * A standing alarm. State by ISA-18.2: B nobody has acknowledged it, C acknowledged and its
 * cause still there, D its cause has gone and nobody has acknowledged it, E shelved.
 */
export interface Alarm {
  id: string;
  kind: string;
  priority: 1 | 2 | 3;
  passage?: string;
  device?: string;
  text: string;
  details?: string;
  since: string;
  last: string;
  count: number;
  version: number;
  state: 'B' | 'C' | 'D' | 'E';
  active?: boolean;
  by?: string;
  at?: string;
  reason?: string;
  until?: string;
}

export interface LaneState {
  lane: string;
  version: number;
  mode: string;
  open: boolean;
  barrier: string;
  light: string;
  loops?: { signal: string; on: boolean }[];
  passages?: string[];
  devices: DeviceState[] | null;
  alarms?: Alarm[];
  index_version?: number;
  arrivals?: number;
  updated: string;
  /** Of the lane's portal; absent is a lane without one. */
  templates?: TemplatesState;
}

/** The suppression templates in force; an empty version is none. */
export interface TemplatesState {
  version: string;
  by?: string;
  since?: string;
  sha256?: string;
}

export interface User {
  id: string;
  name: string;
  roles: string[];
}

export interface ServerInfo {
  build: string;
  site: string;
  mode: string;
  zone: string;
  /** The console of a centre: passages of many sites, no lanes and no orders. */
  centre?: boolean;
}

export interface Me {
  user: User;
  server: ServerInfo;
}

/** One row of GET /api/devices. Counters are shown under the names the server gives. */
export interface DeviceRow extends DeviceState {
  lane: string;
  kind?: string;
  link?: string;
  certificate?: Certificate;
  counters?: Record<string, number>;
  errors?: { at: string; offset?: number; reason: string; frame_hex?: string }[];
}

/** The body of an order about an alarm, whose id and verb stand in the path. */
export interface AlarmBody {
  id: string;
  version: number;
  minutes?: 15 | 60;
  reason?: string;
  console?: string;
}

export interface OrderBody {
  id: string;
  action: Action;
  passage?: string;
  version?: number;
  reason?: string;
  note?: string;
  plate?: string;
  plate_role?: string;
  plate_device?: string;
  plate_seq?: number;
  declaration?: string;
  assessment?: Assessment;
  inspection?: Inspection;
  code?: number;
  class?: string;
  console?: string;
}
