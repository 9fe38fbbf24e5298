// Ordinary arrays where the plain way of making them is slow in V8; figures in bench/NOTES.md.

/** A copy in ordinary memory of a view of linear memory, which is shared: slice() copies it several times as slowly. */
export function copied<T extends Float32Array | Int32Array | Uint32Array | Uint8Array>(view: T): T {
  const copy = new (view.constructor as new (length: number) => T)(view.length);
  copy.set(view);
  return copy;
}

/** 0 to n - 1; Int32Array.from() with a function takes 50 ns an item. */
export function counted(n: number): Int32Array {
  const all = new Int32Array(n);
  for (let k = 0; k < n; k++) all[k] = k;
  return all;
}
