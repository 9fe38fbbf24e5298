import { Parameter } from "neurite";
import type { Request, Trajectory } from "../shared/messages";
import type { OptimizerName, SurfaceName } from "../shared/settings";
import { makeOptimizer } from "./optimizers";
import { SURFACE_SPECS, valueAt } from "./surfaces";

type Rates = Record<OptimizerName, number>;

/** Rates that suit each optimizer on each surface, found by trying 1, 2 and 5 times powers of ten from several starts. */
export const RATES: Record<SurfaceName, Rates> = {
  beale: {
    sgd: 0.001,
    momentum: 0.0005,
    nag: 0.0005,
    adagrad: 1,
    adadelta: 50,
    rmsprop: 0.1,
    adam: 0.5,
    adamw: 0.5,
    adamax: 1,
    nadam: 0.5,
    radam: 0.001,
    rprop: 0.1,
    lion: 0.1,
    lbfgs: 1,
  },
  saddle: {
    sgd: 0.02,
    momentum: 0.01,
    nag: 0.01,
    adagrad: 0.2,
    adadelta: 10,
    rmsprop: 0.02,
    adam: 0.05,
    adamw: 0.05,
    adamax: 0.05,
    nadam: 0.05,
    radam: 0.05,
    rprop: 0.02,
    lion: 0.02,
    lbfgs: 1,
  },
  rosenbrock: {
    sgd: 0.001,
    momentum: 0.001,
    nag: 0.001,
    adagrad: 1,
    adadelta: 2,
    rmsprop: 0.05,
    adam: 0.1,
    adamw: 0.1,
    adamax: 1,
    nadam: 0.2,
    radam: 0.001,
    rprop: 0.2,
    lion: 0.02,
    lbfgs: 1,
  },
  ravine: {
    sgd: 0.1,
    momentum: 0.05,
    nag: 0.05,
    adagrad: 2,
    adadelta: 10,
    rmsprop: 0.2,
    adam: 0.5,
    adamw: 0.5,
    adamax: 0.5,
    nadam: 0.5,
    radam: 0.2,
    rprop: 0.5,
    lion: 0.2,
    lbfgs: 1,
  },
};

/** A point further out than this has left for good. */
const FAR = 1e4;

/** The way of one optimizer from the start: gradients by autograd, steps by the optimizer itself. */
export function race({ surface, optimizer: name, start, steps, rate }: Request<"race.run">): Trajectory {
  const spec = SURFACE_SPECS[surface];
  const lr = RATES[surface][name] * rate;
  const point = new Parameter([2]).set(start);
  const optimizer = makeOptimizer(name, [point], lr);
  const path: number[] = [...point.data()];
  const values: number[] = [];
  let ended: string | undefined;
  const closure = () => {
    optimizer.zeroGrad();
    const loss = valueAt(spec, point);
    const value = loss.item();
    loss.backward();
    loss.dispose();
    return value;
  };
  try {
    for (let k = 0; k < steps && ended === undefined; k++) {
      values.push(optimizer.step(closure) as number);
      const [x, y] = point.data() as Float32Array;
      if (!Number.isFinite(x!) || !Number.isFinite(y!) || Math.hypot(x!, y!) > FAR) ended = `left the picture for good in step ${k + 1}`;
      else path.push(x!, y!);
    }
    values.push(valueAt(spec, point).item());
  } catch (error) {
    ended = (error as Error).message;
  } finally {
    optimizer.zeroGrad();
    optimizer.dispose();
    point.dispose();
  }
  return {
    optimizer: name,
    lr,
    path: Float32Array.from(path),
    values: Float32Array.from(values),
    ...(ended === undefined ? {} : { ended }),
  };
}
