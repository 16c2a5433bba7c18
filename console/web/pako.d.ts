// The one function of pako that the build uses.
declare module 'pako' {
  export function gzip(data: Uint8Array, options?: { level?: number }): Uint8Array;
}
