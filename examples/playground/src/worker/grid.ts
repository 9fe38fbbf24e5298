import { REACH } from "../shared/messages";

/** Centres of n x n cells of the plane, the top row first: x0, y0, x1, y1, ... */
export function cells(n: number): Float32Array {
  const xy = new Float32Array(2 * n * n);
  for (let row = 0, k = 0; row < n; row++)
    for (let col = 0; col < n; col++) {
      xy[k++] = REACH * ((2 * (col + 0.5)) / n - 1);
      xy[k++] = REACH * (1 - (2 * (row + 0.5)) / n);
    }
  return xy;
}
