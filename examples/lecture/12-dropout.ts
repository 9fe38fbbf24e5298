/** Dropout: an average over 2^n nets, a spread of predictions, and how it disturbs batch normalisation. */
import {
  add,
  BatchNorm1d,
  Dropout,
  init,
  Linear,
  manualSeed,
  matmul,
  mul,
  predict,
  ReLU,
  randn,
  Sequential,
  tensor,
  transpose,
} from "neurite";
import { figure } from "./tools/figure";
import { fixed, table, title, vector } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

title("All 2^6 masks of a net with linear output, p = 0.25");
manualSeed(1);
const [UNITS, P] = [6, 0.25];
const [first, second] = [new Linear(3, UNITS), new Linear(UNITS, 2)];
const hidden = new Sequential(first, new ReLU());
const x = tensor([[0.5, -1, 2]]);
const masks = Array.from({ length: 2 ** UNITS }, (_, k) => Array.from({ length: UNITS }, (_, unit) => (k >> unit) & 1));
const probability = masks.map((mask) => mask.reduce((p, on) => p * (on === 1 ? 1 - P : P), 1));
// each net sees its units scaled by 1 / (1 - p), as Dropout does in training
const thinned = mul(hidden.forward(x), mul(tensor(masks), 1 / (1 - P)));
const outputs = add(matmul(thinned, transpose(second.weight)), second.bias!);
const average = matmul(tensor([probability]), outputs);
const model = new Sequential(hidden, new Dropout(P), second).eval();
console.log(`average of the ${masks.length} thinned nets  ${vector(average.data(), 6)}`);
console.log(`the whole net, evaluation      ${vector(model.forward(x).data(), 6)}`);
const { data: mean, std } = await predict(model, [[0.5, -1, 2]], { samples: 10_000, seed: 1 });
console.log(`10,000 samples: mean           ${vector(mean, 3)}, standard deviation ${vector(std, 3)}`);

title("Variance shift: what batch norm learned of the variance, over what it meets in evaluation");
const ROWS = 4096;
/** running_var over the true variance in evaluation, averaged over channels. */
async function shift(p: number, dropoutFirst: boolean): Promise<number> {
  manualSeed(2);
  const [layer, norm] = [new Linear(64, 64), new BatchNorm1d(64, { momentum: null })];
  const drop = new Dropout(p);
  const before = dropoutFirst ? [new ReLU(), drop, layer] : [new ReLU(), layer];
  const net = new Sequential(...before, norm, ...(dropoutFirst ? [] : [drop]));
  const batch = (rows: number) => randn([rows, 64]);
  net.train();
  for (let k = 0; k < 100; k++) net.forward(batch(256)).dispose();
  const { data: sums } = await predict(new Sequential(...before), batch(ROWS));
  const variance = [...norm.running_var!.data()].map((running, c) => {
    const values = Array.from({ length: ROWS }, (_, row) => sums[64 * row + c]!);
    const centre = values.reduce((a, b) => a + b) / ROWS;
    return running / (values.reduce((s, v) => s + (v - centre) ** 2, 0) / (ROWS - 1));
  });
  return variance.reduce((a, b) => a + b) / 64;
}
const shares = [0, 0.1, 0.3, 0.5, 0.7];
const [dropFirst, normFirst] = [[] as number[], [] as number[]];
for (const p of shares) {
  dropFirst.push(await shift(p, true));
  normFirst.push(await shift(p, false));
}
table(
  ["p", "Dropout, Linear, BatchNorm1d", "Linear, BatchNorm1d, Dropout"],
  shares.map((p, k) => [p, fixed(dropFirst[k]!, 2), fixed(normFirst[k]!, 2)]),
);

title("summary() says so");
console.log(new Sequential(new Dropout(0.5), new Linear(64, 10), new BatchNorm1d(10)).summary([32, 64]));

figure("variance-shift", {
  width: 420,
  panels: [
    {
      x: "share dropped, p",
      y: "running_var / variance in evaluation",
      yRange: [0, 5],
      series: [
        { name: "Dropout, Linear, BatchNorm1d", x: shares, y: dropFirst },
        { name: "Linear, BatchNorm1d, Dropout", x: shares, y: normFirst, as: "dashed" },
      ],
    },
  ],
});
