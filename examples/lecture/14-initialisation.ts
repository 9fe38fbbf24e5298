/** The variance of activations from layer to layer, as the first weights have it: 784 inputs, eight layers of 100 units, no training. */
import { init, initialize, manualSeed, mlp, randn, Sequential, type Tensor } from "neurite";
import { figure } from "./tools/figure";
import { table, title } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const variance = (t: Tensor): number => {
  const values = [...t.data()];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length;
};
const scientific = (v: number) => (v >= 0.001 && v < 1000 ? v.toFixed(4) : v.toExponential(2));

const schemes = ["uniform", "lecunNormal", "glorotUniform", "heNormal", "orthogonal"] as const;
const panels = [];
for (const activation of ["tanh", "relu"] as const) {
  title(`${activation}: variance of the activations of layers 1 to 8`);
  const series = schemes.map((scheme) => {
    const model = initialize(mlp([784, ...new Array<number>(8).fill(100)], { activation, outputActivation: activation }), scheme, {
      seed: 1,
    });
    manualSeed(1);
    let u: Tensor = randn([500, 784]);
    const y: number[] = [];
    for (let k = 0; k < 8; k++) {
      u = new Sequential(...model.stages.slice(2 * k, 2 * k + 2)).forward(u);
      y.push(variance(u));
    }
    return { name: scheme === "uniform" ? "uniform in [-1, 1]" : scheme, x: y.map((_, k) => k + 1), y };
  });
  table(
    ["first weights", ...series[0]!.x.map(String)],
    series.map(({ name, y }) => [name, ...y.map(scientific)]),
  );
  panels.push({ title: activation, x: "layer", y: "variance", logY: true, series });
}
figure("initialisation", { panels });
