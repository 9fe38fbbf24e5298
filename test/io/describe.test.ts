import { expect, describe as group, it } from "vitest";
import * as everything from "../../src/index";
import {
  AveragedModel,
  BatchNorm1d,
  Dropout,
  describe,
  ELU,
  Flatten,
  fromConfig,
  GELU,
  Hardtanh,
  LayerNorm,
  LeakyReLU,
  Linear,
  LogSigmoid,
  LogSoftmax,
  Mish,
  Module,
  mlp,
  OptionError,
  Parameter,
  Perceptron,
  PReLU,
  ReLU,
  RMSNorm,
  registerModule,
  relu,
  SELU,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  StateError,
  Step,
  Tanh,
  type Tensor,
  ThresholdUnit,
} from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

/** Takes its options as one object, as a class in a file should. */
class Residual extends Module {
  static override readonly type = "Residual";
  readonly inner: Module;
  readonly scale: number;
  constructor({ inner, scale = 1 }: { inner: Module; scale?: number }) {
    super();
    this.inner = inner;
    this.scale = scale;
  }
  override get config() {
    return { inner: this.inner, scale: this.scale };
  }
  forward(x: Tensor): Tensor {
    return x.add(this.inner.forward(x).mul(this.scale));
  }
}

/** Takes them one by one. */
class Scale extends Module {
  static override readonly type = "Scale";
  readonly weight: Parameter;
  constructor(readonly size: number) {
    super();
    this.weight = new Parameter([size]);
  }
  static fromConfig({ size }: Record<string, unknown>): Scale {
    return new Scale(size as number);
  }
  override get config() {
    return { size: this.size };
  }
  forward(x: Tensor): Tensor {
    return x.mul(this.weight);
  }
}

class Nameless extends Linear {}

const EVERY: Record<string, () => Module> = {
  Linear: () => new Linear(3, 2, { bias: false, init: { type: "heNormal", mode: "fanOut" } }),
  Flatten: () => new Flatten(),
  Dropout: () => new Dropout(0.25),
  BatchNorm1d: () => new BatchNorm1d(4, { momentum: null, affine: false, eps: 1e-3 }),
  LayerNorm: () => new LayerNorm([2, 3], { bias: false }),
  RMSNorm: () => new RMSNorm(5, { eps: 1e-6 }),
  ReLU: () => new ReLU(),
  Sigmoid: () => new Sigmoid(),
  Tanh: () => new Tanh(),
  SELU: () => new SELU(),
  SiLU: () => new SiLU(),
  Mish: () => new Mish(),
  LogSigmoid: () => new LogSigmoid(),
  Softmax: () => new Softmax(0),
  LogSoftmax: () => new LogSoftmax(1),
  Step: () => new Step(true),
  LeakyReLU: () => new LeakyReLU(0.2),
  PReLU: () => new PReLU(3, 0.1),
  ELU: () => new ELU(0.5),
  GELU: () => new GELU({ approximate: "tanh" }),
  Softplus: () => new Softplus(2, 10),
  Hardtanh: () => new Hardtanh(-2, 3),
  ThresholdUnit: () => new ThresholdUnit([-1.5, 1, 1]),
  Perceptron: () => new Perceptron(2, 3),
  Sequential: () => new Sequential(new Linear(2, 2), relu, new Sequential(new Linear(2, 2), new Tanh())),
  AveragedModel: () => {
    const inner = new Linear(2, 2);
    const averaged = new AveragedModel(inner, { decay: 0.5, useWarmup: true });
    inner.dispose();
    return averaged;
  },
};

group("fromConfig builds what describe wrote down", () => {
  it.each(Object.entries(EVERY))("%s", (type, make) => {
    const model = make();
    const json = JSON.parse(JSON.stringify(describe(model)));
    expect(json.type).toBe(type);
    const again = fromConfig(json);
    expect(again.constructor).toBe(model.constructor);
    expect(describe(again)).toEqual(describe(model));
    const shapes = (m: Module) => Object.entries(m.stateDict()).map(([name, { shape }]) => [name, shape]);
    expect(shapes(again)).toEqual(shapes(model));
    model.dispose();
    again.dispose();
  });

  it("there is an example of every class of modules that is exported", () => {
    const classes = Object.values(everything).filter((v) => typeof v === "function" && v.prototype instanceof Module);
    expect(classes.map((c) => (c as unknown as { type: string }).type).sort()).toEqual(Object.keys(EVERY).sort());
  });

  it("as readable JSON: { type, ...options }", () => {
    const model = mlp([2, 3, 1], { activation: "tanh", dropout: 0.5 });
    expect(describe(model)).toEqual({
      type: "Sequential",
      stages: [
        { type: "Linear", inFeatures: 2, outFeatures: 3, bias: true },
        { type: "Tanh" },
        { type: "Dropout", p: 0.5 },
        { type: "Linear", inFeatures: 3, outFeatures: 1, bias: true },
      ],
    });
    model.dispose();
  });

  it("a module that stands in two places is one module again", () => {
    const shared = new Linear(2, 2);
    const model = new Sequential(shared, relu, new Sequential(shared));
    const again = fromConfig(describe(model)) as Sequential;
    expect(again.parameters()).toHaveLength(2);
    expect((again.stages[2] as Sequential).stages[0]).toBe(again.stages[0]);
    model.dispose();
    again.dispose();
  });

  it("classes of one's own, given or registered, with modules among their options", () => {
    const model = new Sequential(new Residual({ inner: new Sequential(new Linear(3, 3), new Scale(3)), scale: 0.5 }));
    const json = JSON.parse(JSON.stringify(describe(model)));
    const again = fromConfig(json, { modules: [Residual, Scale] });
    expect(describe(again)).toEqual(json);
    expect((again as Sequential).stages[0]).toBeInstanceOf(Residual);
    registerModule(Scale);
    registerModule(Residual);
    const third = fromConfig(json);
    expect(describe(third)).toEqual(json);
    for (const m of [model, again, third]) m.dispose();
  });
});

group("what cannot be described or built is said, with its place", () => {
  const bad = (model: Module, says: RegExp) => {
    expect(() => describe(model)).toThrow(StateError);
    expect(() => describe(model)).toThrow(says);
    model.dispose();
  };
  it("a function of one's own", () =>
    bad(new Sequential(new Linear(1, 1), new Sequential((x) => x)), /1\.0 of the model is a function of your own/));
  it("a class without a type of its own", () =>
    bad(new Sequential(new Nameless(1, 1)), /0 of the model, of class Nameless, has no type: add static/));
  it("options that are not JSON", () => {
    class Odd extends Scale {
      static override readonly type = "Odd" as "Scale";
      override get config() {
        return { size: Number.NaN };
      }
    }
    bad(new Odd(1), /size of the model holds NaN/);
  });

  const cases: Record<string, [unknown, RegExp]> = {
    "an unknown type": [
      { type: "Sequential", stages: [{ type: "Conv9" }] },
      /fromConfig: 0 of the model is of type "Conv9".*\{ modules: \[Conv9\] \}.*registerModule\(Conv9\)/,
    ],
    "a type of the prototype": [{ type: "constructor" }, /is of type "constructor", which is not known/],
    "no type": [{}, /has no type/],
    "no object": [[1], /must be \{ type, \.\.\.options \}, got \[1\]/],
    "no stages": [{ type: "Sequential" }, /Sequential without stages/],
    "sharing with nothing": [{ type: "Sequential", stages: [{ shared: "7" }] }, /the one at "7", where there is none/],
    "options that make no sense": [{ type: "Sequential", stages: [{ type: "Linear" }] }, /inFeatures must be a whole number/],
    "options of the wrong kind": [{ type: "LayerNorm", normalizedShape: null }, /LayerNorm cannot be made from its config/],
    "too deep": [
      Array.from({ length: 300 }).reduce((inner: unknown) => ({ type: "Sequential", stages: [inner] }), { type: "ReLU" }),
      /more than 200 levels/,
    ],
  };
  it.each(Object.entries(cases))("%s", (_, [json, says]) => {
    let caught: unknown;
    try {
      fromConfig(json as never);
    } catch (error) {
      caught = error;
    }
    expect(caught instanceof StateError || caught instanceof OptionError).toBe(true);
    expect((caught as Error).message).toMatch(says);
  });

  it("what was built before the failure is given back", () => {
    expect(() => fromConfig({ type: "Sequential", stages: [{ type: "Linear", inFeatures: 9, outFeatures: 9 }, { type: "No" }] })).toThrow(
      StateError,
    );
  });

  it("classes that cannot be registered", () => {
    expect(() => registerModule(Nameless)).toThrow(/static type of its own, got Nameless/);
    expect(() => registerModule(Linear)).toThrow(/"Linear" is a type of the library/);
    expect(() => fromConfig({ type: "ReLU" }, { modules: [{} as never] })).toThrow(OptionError);
  });
});
