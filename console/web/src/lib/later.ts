import { i18n } from './i18n.svelte';

// A part comes with its words.
const part =
  <T>(load: () => Promise<T>) =>
  async (): Promise<T> =>
    (await Promise.all([load(), i18n.more()]))[0];

// Parts that the first picture of the lane does without. The page fetches them right after
// it: they are there when they are asked for, also if the server is gone by then.
export const later = {
  login: part(() => import('../components/Login.svelte')),
  adjudication: part(() => import('../components/CaseCard.svelte')),
  codes: part(() => import('../components/CodePick.svelte')),
  radiation: part(() => import('../components/RadiationPanel.svelte')),
  parts: part(() => import('./parts')),
  desk: part(() => import('./desk')),
  derivation: part(() => import('../components/Derivation.svelte')),
};

/** Fetches them all; what fails is fetched again, and said, where it is needed. */
export function fetchLater(): void {
  for (const fetch of Object.values(later)) fetch().catch(() => {});
}
