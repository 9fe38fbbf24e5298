/** A hunt for hyper-parameters: rates and widths, first on a grid, then at random, each judged on validation images. */
import { evaluate, fit, init, manualSeed, mlp, rand } from "neurite";
import { digits } from "./tools/digits";
import { percent, table, title } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const [train, held] = [digits(1000), digits(1500, "t10k")];
const part = (from: number, to: number) => ({
  x: { ...held.x, data: held.x.data.subarray(784 * from, 784 * to), shape: [to - from, 784] },
  y: held.y.subarray(from, to),
});
const [validation, test] = [part(0, 500), part(500, 1500)];

interface Trial {
  lr: number;
  width: number;
}
async function train5({ lr, width }: Trial) {
  manualSeed(1);
  const model = mlp([784, width, 10]);
  await fit(model, train, { loss: "crossEntropy", optimizer: { type: "adam", lr }, epochs: 5, batchSize: 50, seed: 1 });
  const options = { loss: "crossEntropy", metrics: ["accuracy"] } as const;
  const found = {
    lr,
    width,
    right: (await evaluate(model, validation, options)).accuracy!,
    test: (await evaluate(model, test, options)).accuracy!,
  };
  model.dispose();
  return found;
}
const best = <T extends { right: number }>(list: readonly T[]): T => list.reduce((a, b) => (b.right > a.right ? b : a));

title("Grid: validation images right");
const widths = [8, 32, 128];
const rates = [1e-4, 1e-3, 1e-2, 1e-1];
const grid: Awaited<ReturnType<typeof train5>>[] = [];
for (const lr of rates) for (const width of widths) grid.push(await train5({ lr, width }));
table(
  ["rate", ...widths.map((w) => `${w} units`)],
  rates.map((lr) => [lr, ...grid.filter((g) => g.lr === lr).map((g) => percent(g.right))]),
);

title("Random: as many trials, rates evenly over their exponents");
manualSeed(4);
const drawn = rand([24]).data();
const random = [];
for (let k = 0; k < 12; k++) {
  const lr = Number((10 ** (-4 + 3 * drawn[2 * k]!)).toPrecision(2));
  random.push(await train5({ lr, width: Math.round(8 * 2 ** (4 * drawn[2 * k + 1]!)) }));
}
table(
  ["rate", "units", "validation images right"],
  [...random]
    .sort((a, b) => b.right - a.right)
    .slice(0, 5)
    .map((r) => [r.lr, r.width, percent(r.right)]),
);

title("The best of each on test images that no choice looked at");
table(
  ["search", "rate", "units", "validation", "test"],
  [["grid", best(grid)] as const, ["random", best(random)] as const].map(([name, b]) => [
    name,
    b.lr,
    b.width,
    percent(b.right),
    percent(b.test),
  ]),
);
