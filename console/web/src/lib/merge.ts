// Patches. JSON merge patch after RFC 7396: objects merge, null removes, all else replaces (arrays
// too). The target is never changed, and what a patch does not touch keeps its identity,
// so that the page can compare by reference.

export type Json = null | boolean | number | string | Json[] | { [k: string]: Json };

function isObject(v: unknown): v is { [k: string]: Json } {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

/** Returns target with patch applied, and then without the fields that remove names. */
export function mergePatch(target: Json | undefined, patch: Json, remove?: readonly string[]): Json {
  if (!isObject(patch)) return patch;
  const out: { [k: string]: Json } = isObject(target) ? { ...target } : {};
  for (const [k, v] of Object.entries(patch)) {
    // A key of the prototype would change the object's nature instead of its content.
    if (k === '__proto__') continue;
    if (v === null) delete out[k];
    else out[k] = mergePatch(out[k], v);
  }
  for (const k of remove ?? []) delete out[k];
  return out;
}

/**
 * Applies the p and x of a delta: the members of p replace those of the object as a whole,
 * null removes, and x names further members that are gone. The server sends a changed
 * member complete; merging into it would keep what the member no longer has.
 */
export function applyMembers(target: Json | undefined, p: Json, remove?: readonly string[]): Json {
  if (!isObject(p)) return p;
  const out: { [k: string]: Json } = isObject(target) ? { ...target } : {};
  for (const [k, v] of Object.entries(p)) {
    if (k === '__proto__') continue;
    if (v === null) delete out[k];
    else out[k] = v;
  }
  for (const k of remove ?? []) delete out[k];
  return out;
}
