// What is shown of one passage, all that its first picture does without: one file, fetched once.
export { default as CandidatesDialog } from '../components/CandidatesDialog.svelte';
export { default as Compare } from '../components/Compare.svelte';
export { default as CorrectDialog } from '../components/CorrectDialog.svelte';
export { default as Instruments } from '../components/Instruments.svelte';
export { default as Papers } from '../components/Papers.svelte';
export { default as Plan } from '../components/Plan.svelte';
export { default as Plates } from '../components/Plates.svelte';
export { default as Timeline } from '../components/Timeline.svelte';
