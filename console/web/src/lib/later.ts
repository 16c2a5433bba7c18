// Parts that the first picture of the lane does without. The page fetches them right after
// it: they are there when they are asked for, also if the server is gone by then.
export const later = {
  login: () => import('../components/Login.svelte'),
  curve: () => import('../components/RadiationCurve.svelte'),
  plates: () => import('../components/Plates.svelte'),
  compare: () => import('../components/Compare.svelte'),
  timeline: () => import('../components/Timeline.svelte'),
  overview: () => import('../components/Overview.svelte'),
  correct: () => import('../components/CorrectDialog.svelte'),
  candidates: () => import('../components/CandidatesDialog.svelte'),
  alarms: () => import('../components/AlarmList.svelte'),
  shelve: () => import('../components/ShelveDialog.svelte'),
  history: () => import('../components/HistoryScreen.svelte'),
  passage: () => import('../components/PassageScreen.svelte'),
  devices: () => import('../components/DevicesScreen.svelte'),
  derivation: () => import('../components/Derivation.svelte'),
  help: () => import('../components/Help.svelte'),
};

/** Fetches them all; what fails is fetched again, and said, where it is needed. */
export function fetchLater(): void {
  for (const part of Object.values(later)) part().catch(() => {});
}
