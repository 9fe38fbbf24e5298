/** Where neighbours a and b of a grid cross the level, from 0 at a to 1 at b. */
const cross = (a: number, b: number, level: number) => (level - a) / (b - a);

/**
 * Marching squares: segments of the line at `level` through the values of n x n cells, in cells from the centre of the first one; four numbers a segment.
 */
export function contour(values: ArrayLike<number>, n: number, level: number): number[] {
  const out: number[] = [];
  for (let r = 0; r + 1 < n; r++)
    for (let c = 0; c + 1 < n; c++) {
      const k = r * n + c;
      const [tl, tr, bl, br] = [values[k]!, values[k + 1]!, values[k + n]!, values[k + n + 1]!];
      const points: number[] = [];
      if (tl > level !== tr > level) points.push(c + cross(tl, tr, level), r);
      if (tr > level !== br > level) points.push(c + 1, r + cross(tr, br, level));
      if (bl > level !== br > level) points.push(c + cross(bl, br, level), r + 1);
      if (tl > level !== bl > level) points.push(c, r + cross(tl, bl, level));
      for (let p = 0; p + 3 < points.length; p += 4) out.push(points[p]!, points[p + 1]!, points[p + 2]!, points[p + 3]!);
    }
  return out;
}

/** Draws such segments over a picture of width x height that the cells fill. */
export function strokeContour(g: CanvasRenderingContext2D, segments: readonly number[], n: number, width: number, height: number): void {
  const at = (v: number, size: number) => ((v + 0.5) * size) / n;
  g.beginPath();
  for (let k = 0; k < segments.length; k += 4) {
    g.moveTo(at(segments[k]!, width), at(segments[k + 1]!, height));
    g.lineTo(at(segments[k + 2]!, width), at(segments[k + 3]!, height));
  }
  g.stroke();
}
