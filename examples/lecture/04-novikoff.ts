/** Novikoff 1962: on examples that a plane separates with margin gamma, within radius R, a perceptron from w = 0 errs at most (R / gamma)^2 times. */
import { manualSeed, Perceptron, rand } from "neurite";
import { fixed, table } from "./tools/text";

const plane = [0.1, 0.8, -0.6];
const length = Math.hypot(...plane);
const rows = [];
for (const margin of [0.3, 0.1, 0.03, 0.01]) {
  manualSeed(1);
  const drawn = rand([4000]).data();
  const examples = Array.from({ length: 2000 }, (_, k) => [2 * drawn[2 * k]! - 1, 2 * drawn[2 * k + 1]! - 1])
    .map((x) => ({ x, distance: (plane[0]! + plane[1]! * x[0]! + plane[2]! * x[1]!) / length }))
    .filter(({ distance }) => Math.abs(distance) >= margin)
    .slice(0, 500);
  // the bias counts as a weight: R and gamma are those of (1, x1, x2)
  const radius = Math.max(...examples.map(({ x }) => Math.hypot(1, ...x)));
  const gamma = Math.min(...examples.map(({ distance }) => Math.abs(distance)));
  const perceptron = new Perceptron(2, 1, { weights: [0, 0, 0] });
  const { mistakes, epochs } = await perceptron.learn({ x: examples.map((e) => e.x), y: examples.map((e) => (e.distance > 0 ? 1 : 0)) });
  rows.push([fixed(gamma), fixed(radius), epochs, mistakes, Math.floor((radius / gamma) ** 2)]);
}
table(["margin gamma", "radius R", "epochs", "mistakes", "bound (R / gamma)^2"], rows);
