import { predictor, Sequential, ThresholdUnit, type UnitWeights } from "neurite";
import type { HandMade } from "../shared/messages";
import type { LayersSettings } from "../shared/settings";
import { cells } from "./grid";

/** Cells a side: edges are sharp here, so they are many. */
const FINE = 320;
const CELLS = cells(FINE);

type Corner = readonly [number, number];
/** Corners of a convex piece, counterclockwise. */
type Piece = readonly Corner[];

const turn = ([x, y]: Corner, by: number): Corner => [x * Math.cos(by) - y * Math.sin(by), x * Math.sin(by) + y * Math.cos(by)];
const polygon = (n: number, radius: number, at: Corner = [0, 0], by = Math.PI / 2): Piece =>
  Array.from({ length: n }, (_, k) => {
    const t = by + (2 * Math.PI * k) / n;
    return [at[0] + radius * Math.cos(t), at[1] + radius * Math.sin(t)];
  });
const box = (left: number, bottom: number, right: number, top: number): Piece => [
  [left, bottom],
  [right, bottom],
  [right, top],
  [left, top],
];
/** A triangle and a kite: five points around. */
const star = (): Piece[] =>
  Array.from({ length: 5 }, (_, k) => {
    const tip: Piece = [
      [0, 0],
      [0.33 * Math.cos(0.3 * Math.PI), 0.33 * Math.sin(0.3 * Math.PI)],
      [0, 1.05],
      [-0.33 * Math.cos(0.3 * Math.PI), 0.33 * Math.sin(0.3 * Math.PI)],
    ];
    return tip.map((c) => turn(c, (2 * Math.PI * k) / 5));
  });
const ring = (): Piece[] => {
  const n = 8;
  const corner = (k: number, r: number): Corner => [r * Math.cos((2 * Math.PI * k) / n), r * Math.sin((2 * Math.PI * k) / n)];
  return Array.from({ length: n }, (_, k) => [corner(k, 0.5), corner(k, 1), corner(k + 1, 1), corner(k + 1, 0.5)]);
};

const SHAPES: Record<LayersSettings["shape"], () => Piece[]> = {
  islands: () => [polygon(6, 0.46, [-0.55, 0.5]), polygon(4, 0.5, [0.5, -0.5], 0)],
  star,
  letter: () => [box(-0.65, -0.95, -0.15, 0.95), box(-0.15, -0.95, 0.75, -0.45)],
  ring,
};

/** Left of the edge from a to b: w0 + w1 x + w2 y > 0. */
const leftOf = ([ax, ay]: Corner, [bx, by]: Corner): number[] => [(by - ay) * ax - (bx - ax) * ay, ay - by, bx - ax];
const edges = (piece: Piece): number[][] => piece.map((corner, k) => leftOf(corner, piece[(k + 1) % piece.length]!));

/** What units answer at every cell, as -1 and 1 would be logits: the region is where the answer is 1. */
function region(layers: readonly (readonly UnitWeights[])[]): Float32Array {
  const model = new Sequential(...layers.map((weights) => new ThresholdUnit(weights)));
  const forward = predictor(model, { batch: FINE * FINE, inputShape: [2] });
  const answers = forward(CELLS).map((u) => (u === 1 ? 3 : -3));
  forward.dispose();
  model.dispose();
  return answers;
}

/**
 * A half-plane by one unit; a convex region by the and of the half-planes at its edges; any region by the or of convex ones. Weights are written down, not learned.
 * Lippmann 1987.
 */
export function byHand({ sides, shape }: LayersSettings): HandMade {
  const convex = edges(polygon(sides, 0.9));
  const pieces = SHAPES[shape]().map(edges);
  const lines = pieces.flat();
  let first = 0;
  const ands = pieces.map((piece) => {
    const weights: number[] = [0.5 - piece.length, ...lines.map((_, k) => (k >= first && k < first + piece.length ? 1 : 0))];
    first += piece.length;
    return weights;
  });
  const and = [0.5 - sides, ...convex.map(() => 1)];
  const or = [-0.5, ...ands.map(() => 1)];
  return {
    networks: [
      { region: region([[convex[0]!]]), lines: [convex[0]!], units: [1] },
      { region: region([convex, [and]]), lines: convex, units: [sides, 1] },
      { region: region([lines, ands, [or]]), lines, units: [lines.length, pieces.length, 1] },
    ],
  };
}
