/** Rosenblatt's perceptron: dw = c (y - u) x, the bias as w0 with x0 = 1. */
import { Perceptron, predict, type TraceRow } from "neurite";
import { figure } from "./tools/figure";
import { table, title, vector } from "./tools/text";

const pairs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

title("One step");
const one = new Perceptron(2, 1, { weights: [-1, 0.5, 0.3] });
const rows: TraceRow[] = [];
await one.learn({ x: [[2, 1]], y: [0] }, { c: 1, trace: (row) => rows.push(row) });
table(
  ["x", "y", "u", "dw", "w after"],
  rows.map((r) => [vector(r.x), r.y[0]!, r.u[0]!, vector(r.dw[0]!), vector(r.w[0]!)]),
);

title("Learning or, from w = (0, 1, -1)");
const or = new Perceptron(2, 1, { weights: [0, 1, -1] });
const trace: TraceRow[] = [];
const result = await or.learn({ x: pairs, y: [0, 1, 1, 1] }, { c: 1, trace: (row) => trace.push(row) });
table(
  ["step", "epoch", "x", "y", "u", "dw", "w after"],
  trace.map((r) => [r.step, r.epoch, vector(r.x), r.y[0]!, r.u[0]!, vector(r.dw[0]!), vector(r.w[0]!)]),
);
console.log(result.message);

title("Several outputs at once, from random weights in [-1, 1]");
const three = new Perceptron(2, 3, { seed: 5 });
const y = pairs.map(([a, b]) => [a! & b!, a! | b!, a! & (1 - b!)]);
const start = three.weights;
const { message, mistakesOfUnit } = await three.learn({ x: pairs, y }, { shuffle: true, seed: 5 });
const { data } = await predict(three, pairs);
table(
  ["unit", "first weights", "last weights", "mistakes", "answers to 00, 01, 10, 11"],
  ["and", "or", "a and not b"].map((name, k) => [
    name,
    vector(start[k]!, 3),
    vector(three.weights[k]!, 3),
    mistakesOfUnit[k]!,
    pairs.map((_, row) => data[3 * row + k]).join(" "),
  ]),
);
console.log(message);

const changes = trace.filter((r) => r.dw[0]!.some((d) => d !== 0));
const points = (name: string, wanted: number) => {
  const of = pairs.filter((_, k) => [0, 1, 1, 1][k] === wanted);
  return { name, as: "points" as const, x: of.map((p) => p[0]!), y: of.map((p) => p[1]!) };
};
figure("perceptron", {
  width: 150,
  height: 150,
  columns: 5,
  panels: [{ step: 0, w: [[0, 1, -1]] }, ...changes].map(({ step, w: [w] }) => ({
    title: `${step === 0 ? "start" : `step ${step}`}: w = ${vector(w!)}`,
    x: "x1",
    y: "x2",
    xRange: [-0.5, 1.5] as const,
    yRange: [-0.5, 1.5] as const,
    region: (a: number, b: number) => w![0]! + w![1]! * a + w![2]! * b > 0,
    series: [points("or = 1", 1), points("or = 0", 0)],
  })),
});
