// The screens beside the lane: one file, fetched once.
export { default as AlarmList } from '../components/AlarmList.svelte';
export { default as DevicesScreen } from '../components/DevicesScreen.svelte';
export { default as Help } from '../components/Help.svelte';
export { default as HistoryScreen } from '../components/HistoryScreen.svelte';
export { default as Overview } from '../components/Overview.svelte';
export { default as PassageScreen } from '../components/PassageScreen.svelte';
