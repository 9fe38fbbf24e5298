/** Threshold units after McCulloch and Pitts, their weights set by hand: u = 1 where w0 + w1 x1 + ... > 0, else 0. */
import { predict, Sequential, ThresholdUnit } from "neurite";
import { table, vector } from "./tools/text";

const pairs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const and = new ThresholdUnit([-1.5, 1, 1]);
const or = new ThresholdUnit([-0.5, 1, 1]);
const aNotB = new ThresholdUnit([-0.5, 1, -1]);
const not = new ThresholdUnit([0.5, -1]);
// two layers: (a or b) and not (a and b)
const xor = new Sequential(
  new ThresholdUnit([
    [-0.5, 1, 1],
    [1.5, -1, -1],
  ]),
  new ThresholdUnit([-1.5, 1, 1]),
);

const units = { and, or, "a and not b": aNotB };
table(
  ["unit", "w0", "w1", "w2"],
  Object.entries({ ...units, not }).map(([name, { weights }]) => [name, ...weights[0]!, ...(name === "not" ? [""] : [])]),
);

const answers = await Promise.all([...Object.values(units), xor].map((model) => predict(model, pairs)));
console.log();
table(
  ["a", "b", ...Object.keys(units), "xor, two layers"],
  pairs.map((pair, row) => [...pair, ...answers.map(({ data }) => data[row]!)]),
);
console.log(`\nnot 0, not 1: ${vector((await predict(not, [[0], [1]])).data)}`);
