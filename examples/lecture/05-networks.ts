/** Networks of layers, and what their units do with the weighted sum: activations and their derivatives. */
import {
  ELU,
  GELU,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  Mish,
  type Module,
  mlp,
  PReLU,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softplus,
  Step,
  sum,
  Tanh,
  tensor,
} from "neurite";
import { figure, span } from "./tools/figure";
import { fixed, table, title } from "./tools/text";

title("A multilayer perceptron");
console.log(mlp([1600, 100, 100, 100, 10], { activation: "sigmoid" }).summary([1, 1600]));

const activations: Record<string, Module> = {
  step: new Step(),
  "step, straight-through": new Step(true),
  sigmoid: new Sigmoid(),
  tanh: new Tanh(),
  ReLU: new ReLU(),
  "leaky ReLU": new LeakyReLU(0.1),
  PReLU: new PReLU(),
  ELU: new ELU(),
  SELU: new SELU(),
  GELU: new GELU(),
  "GELU, tanh form": new GELU({ approximate: "tanh" }),
  SiLU: new SiLU(),
  Mish: new Mish(),
  softplus: new Softplus(),
  "hard tanh": new Hardtanh(),
  "log-sigmoid": new LogSigmoid(),
};

/** Values and derivatives, these by automatic differentiation. */
function curve(f: Module, at: number[]): { y: number[]; dy: number[] } {
  const x = tensor(at);
  x.requiresGrad = true;
  const y = f.forward(x);
  sum(y).backward();
  return { y: [...y.data()], dy: [...x.grad!.data()] };
}

title("Activations: value and derivative");
const places = [-2, -0.5, 0, 0.5, 2];
table(
  ["activation", ...places.flatMap((x) => [`f(${x})`, "f'"]), "finite at +-10000"],
  Object.entries(activations).map(([name, f]) => {
    const { y, dy } = curve(f, places);
    const far = curve(f, [-1e4, 1e4]);
    return [name, ...y.flatMap((v, k) => [fixed(v), fixed(dy[k]!)]), [...far.y, ...far.dy].every(Number.isFinite) ? "yes" : "no"];
  }),
);

const x = span(-4, 4, 161);
figure("activations", {
  width: 190,
  height: 130,
  columns: 4,
  panels: Object.entries(activations).map(([name, f]) => {
    const { y, dy } = curve(f, x);
    return {
      title: name,
      x: "x",
      y: "",
      xRange: [-4, 4] as const,
      yRange: [-2, 3] as const,
      series: [
        { name: "f(x)", x, y },
        { name: "f'(x)", x, y: dy, as: "dashed" as const },
      ],
    };
  }),
});
