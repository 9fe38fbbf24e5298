/** What a search along a line knows of a point: loss, and slope along the line. */
export interface Point {
  t: number;
  loss: number;
  slope: number;
}

const DECREASE = 1e-4;
const CURVATURE = 0.9;
const MOST_POINTS = 25;

/**
 * Where the cubic through two points with these slopes has its minimum, within the bounds; their middle where it has none (or a loss is not finite).
 * Nocedal & Wright, Numerical Optimization, equation 3.59.
 */
export function cubicMinimum(a: Point, b: Point, low = Math.min(a.t, b.t), high = Math.max(a.t, b.t)): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const d2 = Math.sqrt(d1 * d1 - a.slope * b.slope);
  const t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return Number.isFinite(t) ? Math.min(Math.max(t, low), high) : (low + high) / 2;
}

/**
 * A step along a descent direction that lowers the loss enough and leaves the slope small enough: the strong Wolfe conditions with c1 = 1e-4, c2 = 0.9 (Nocedal &
 * Wright, algorithms 3.5 and 3.6, as torch.optim.LBFGS has them). Yields steps to evaluate and is given loss and slope there; a loss that is not finite counts as
 * infinite. `size`: largest item of the direction.
 */
export function* strongWolfe(start: Point, first: number, size: number, tolerance: number): Generator<number, Point, Point> {
  const tooHigh = (p: Point) => !(p.loss <= start.loss + DECREASE * p.t * start.slope);
  const flat = (p: Point) => Math.abs(p.slope) <= -CURVATURE * start.slope;
  let points = 0;
  let before = start;
  let now = yield first;
  let bracket: [Point, Point] | undefined;
  for (; points < MOST_POINTS; points++) {
    if (tooHigh(now) || (points > 1 && now.loss >= before.loss)) bracket = [before, now];
    else if (flat(now)) return now;
    else if (now.slope >= 0) bracket = [before, now];
    if (bracket !== undefined) break;
    const t = cubicMinimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
    before = now;
    now = yield t;
  }
  bracket ??= [start, now];
  let [low, high] = bracket[0].loss <= bracket[1].loss ? bracket : [bracket[1], bracket[0]];
  let littleProgress = false;
  for (; points < MOST_POINTS && Math.abs(high.t - low.t) * size >= tolerance; points++) {
    const [least, most] = [Math.min(low.t, high.t), Math.max(low.t, high.t)];
    let t = cubicMinimum(low, high);
    // twice near an end of the bracket: go a tenth inwards
    const edge = 0.1 * (most - least);
    const near = Math.min(most - t, t - least) < edge;
    if (near && (littleProgress || t >= most || t <= least)) {
      t = Math.abs(t - most) < Math.abs(t - least) ? most - edge : least + edge;
      littleProgress = false;
    } else littleProgress = near;
    const p = yield t;
    if (tooHigh(p) || p.loss >= low.loss) high = p;
    else {
      if (flat(p)) return p;
      if (p.slope * (high.t - low.t) >= 0) high = low;
      low = p;
    }
    if (high.loss < low.loss) [low, high] = [high, low];
  }
  return low;
}
