import { describe, expect, test } from "vitest";
import {
  Lion,
  Momentum,
  mul,
  NAG,
  type Optimizer,
  type OptimizerConfig,
  Parameter,
  SGD,
  square,
  sum,
  type Tensor,
  tensor,
} from "../../src/index";
import { resolveOptimizer } from "../../src/optim/index";
import { noise } from "../kernels/harness";
import { noLeaks } from "../leaks";
import { named } from "./every";

noLeaks();

const CURVATURES = [0.1, 0.5, 1, 2, 4];
/** sum c (p - 1)^2 / 2. */
const bowl = (p: Tensor): Tensor => sum(mul(square(p.sub(1)), tensor(CURVATURES))).mul(0.5);

function parameter(values: readonly number[] | Float32Array): Parameter {
  const p = new Parameter([values.length]);
  p.set(values);
  return p;
}

function descend(opt: Optimizer, p: Parameter, steps: number, loss = bowl): number[] {
  return Array.from({ length: steps }, () => {
    opt.zeroGrad();
    const l = loss(p);
    l.backward();
    opt.step();
    return l.item();
  });
}

describe.each(named)("%s", (_, config) => {
  const withOptimizer = (values: readonly number[], use: (p: Parameter, opt: Optimizer) => void) => {
    const p = parameter(values);
    const opt = resolveOptimizer(config, [p]);
    use(p, opt);
    opt.zeroGrad();
    opt.dispose();
    p.dispose();
  };

  test("lowers a convex quadratic to a hundredth in 400 steps, from several starts", () => {
    for (const start of [3, -2, 0.5])
      withOptimizer([start, -start, start, 2, start], (p, opt) => {
        const losses = descend(opt, p, 400);
        expect(bowl(p).item()).toBeLessThan(losses[0]! / 100);
      });
  });

  test("maximize climbs by as much as it would descend on the negative, to the bit", () => {
    withOptimizer([3, -2, 1, 2, 0], (p, opt) => {
      const q = parameter([3, -2, 1, 2, 0]);
      const up = resolveOptimizer({ ...config, maximize: true } as OptimizerConfig, [q]);
      descend(opt, p, 10);
      descend(up, q, 10, (x) => bowl(x).neg());
      expect(q.data()).toEqual(p.data());
      up.zeroGrad();
      up.dispose();
      q.dispose();
    });
  });

  test("an infinite item stays as it is without decay, NaN stays NaN, the others move", () => {
    const p = parameter([Infinity, 1, NaN, 2, 3]);
    const opt = resolveOptimizer({ ...config, weightDecay: 0 } as OptimizerConfig, [p]);
    p.grad = tensor([1, 1, 1, NaN, 1]);
    opt.step();
    const [a, b, c, d, e] = p.data();
    expect([a, c, d]).toEqual([Infinity, NaN, NaN]);
    expect(b).toBeLessThan(1);
    expect(e).toBeLessThan(3);
    opt.zeroGrad();
    opt.dispose();
    p.dispose();
  });

  test("a parameter without a gradient, or frozen, stays as it is", () => {
    const [p, q, r] = [parameter([1, 2]), parameter([1, 2]), parameter([1, 2])];
    const opt = resolveOptimizer(config, [p, q, r]);
    p.grad = tensor([1, 1]);
    r.grad = tensor([1, 1]);
    r.requiresGrad = false;
    opt.step();
    expect([...q.data(), ...r.data()]).toEqual([1, 2, 1, 2]);
    expect(p.data()[0]).toBeLessThan(1);
    opt.zeroGrad();
    opt.dispose();
    for (const x of [p, q, r]) x.dispose();
  });

  test("its config, as JSON, makes the same again", () => {
    withOptimizer([1], (p, opt) => {
      const json = JSON.parse(JSON.stringify(opt.config)) as OptimizerConfig;
      expect(json).toMatchObject(config);
      const again = resolveOptimizer(json, [p]);
      expect(again.config).toEqual(opt.config);
      expect(again.groups[0]!.options).toEqual(opt.groups[0]!.options);
      again.dispose();
    });
  });

  test("goes on from stateDict() to the bit, and the state is given back at dispose", () => {
    withOptimizer([3, -2, 1, 2, 0], (p, opt) => {
      descend(opt, p, 7);
      const [saved, values] = [opt.stateDict(), p.data()];
      const ahead = [descend(opt, p, 9), [...p.data()]];
      const q = parameter(values as Float32Array);
      const other = resolveOptimizer({ type: config.type } as OptimizerConfig, [q]);
      other.loadStateDict(structuredClone(saved));
      expect(other.stepCount).toBe(7);
      expect([descend(other, q, 9), [...q.data()]]).toEqual(ahead);
      other.zeroGrad();
      other.dispose();
      expect(other.state).toEqual([]);
      q.dispose();
    });
  });
});

test("Lion: 25 steps within 1e-6 of its formula in double precision", () => {
  const p = parameter(noise(40, 3));
  const [opt, lr, decay, b1, b2] = [new Lion([p], { lr: 0.01, weightDecay: 0.1, betas: [0.8, 0.95] }), 0.01, 0.1, 0.8, 0.95];
  const expected = [...p.data()];
  const m = expected.map(() => 0);
  for (let step = 0; step < 25; step++) {
    const g = noise(40, 100 + step);
    p.grad = tensor(g);
    opt.step();
    for (const [k, x] of g.entries()) {
      expected[k] = expected[k]! * (1 - lr * decay) - lr * Math.sign(b1 * m[k]! + (1 - b1) * x);
      m[k] = b2 * m[k]! + (1 - b2) * x;
    }
  }
  p.data().forEach((x, k) => expect(Math.abs(x - expected[k]!)).toBeLessThan(1e-6));
  opt.zeroGrad();
  opt.dispose();
  p.dispose();
});

describe("the lecture's momentum", () => {
  /** v = gamma v + lr g at w (or at w - gamma v); w -= v. Gives the points where gradients were taken. */
  function lecture(rates: readonly number[], gamma: number, ahead: boolean): number[] {
    let [w, v] = [3, 0];
    return rates.map((lr) => {
      v = gamma * v + lr * ((ahead ? w - gamma * v : w) - 1);
      w -= v;
      return ahead ? w - gamma * v : w;
    });
  }
  const falling = (step: number) => 0.3 / (step + 1);
  const rates = Array.from({ length: 12 }, (_, k) => falling(k));
  const follow = (make: (p: Parameter) => Optimizer): number[] => {
    const p = parameter([3]);
    const opt = make(p);
    const points = rates.map(() => {
      descend(opt, p, 1, (x) => square(x.sub(1)).sum().mul(0.5));
      return p.item();
    });
    opt.zeroGrad();
    opt.dispose();
    p.dispose();
    return points;
  };

  test.each([
    ["Momentum", false, (p: Parameter) => new Momentum([p], { lr: falling, momentum: 0.8 })],
    ["NAG", true, (p: Parameter) => new NAG([p], { lr: falling, momentum: 0.8 })],
  ] as const)("%s follows it within 1e-6 also as the rate falls; SGD does not", (_, ahead, make) => {
    const expected = lecture(rates, 0.8, ahead);
    follow(make).forEach((x, k) => expect(Math.abs(x - expected[k]!)).toBeLessThan(1e-6));
    const other = follow((p) => new SGD([p], { lr: falling, momentum: 0.8, nesterov: ahead }));
    expect(Math.max(...other.map((x, k) => Math.abs(x - expected[k]!)))).toBeGreaterThan(0.01);
  });

  test("with a constant rate Momentum and SGD agree within 1e-6", () => {
    const run = (make: (p: Parameter) => Optimizer) => {
      const p = parameter([3, -2, 1, 2, 0]);
      const opt = make(p);
      descend(opt, p, 20);
      const values = [...p.data()];
      opt.zeroGrad();
      opt.dispose();
      p.dispose();
      return values;
    };
    const other = run((p) => new SGD([p], { lr: 0.05, momentum: 0.9 }));
    run((p) => new Momentum([p], { lr: 0.05, momentum: 0.9 })).forEach((x, k) => expect(Math.abs(x - other[k]!)).toBeLessThan(1e-6));
  });
});
