/** Exclusive or: no line separates its examples, so the perceptron never comes to rest. */
import { Perceptron, type TraceRow } from "neurite";
import { table, vector } from "./tools/text";

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const perceptron = new Perceptron(2, 1, { weights: [0, 0, 0] });
const trace: TraceRow[] = [];
const { message, converged, history } = await perceptron.learn({ x, y: [0, 1, 1, 0] }, { epochs: 100, trace: (row) => trace.push(row) });

table(
  ["epoch", "w at its end", "mistakes"],
  trace.filter((r) => r.step % 4 === 0 && r.epoch <= 8).map((r) => [r.epoch, vector(r.w[0]!), history[r.epoch - 1]!]),
);
console.log(`${message} (converged: ${converged})`);
