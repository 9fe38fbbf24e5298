import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  LBFGS,
  Lion,
  Momentum,
  NAdam,
  NAG,
  type Optimizer,
  type Parameter,
  RAdam,
  RMSprop,
  Rprop,
  type Schedule,
  SGD,
} from "neurite";
import type { OptimizerName } from "../shared/settings";

type Make = (params: readonly Parameter[], lr: number | Schedule) => Optimizer;

/** The package's optimizers with its defaults, but for the rate. */
const MAKE: Record<OptimizerName, Make> = {
  sgd: (p, lr) => new SGD(p, { lr }),
  momentum: (p, lr) => new Momentum(p, { lr }),
  nag: (p, lr) => new NAG(p, { lr }),
  adagrad: (p, lr) => new Adagrad(p, { lr }),
  adadelta: (p, lr) => new Adadelta(p, { lr }),
  rmsprop: (p, lr) => new RMSprop(p, { lr }),
  adam: (p, lr) => new Adam(p, { lr }),
  adamw: (p, lr) => new AdamW(p, { lr }),
  adamax: (p, lr) => new Adamax(p, { lr }),
  nadam: (p, lr) => new NAdam(p, { lr }),
  radam: (p, lr) => new RAdam(p, { lr }),
  rprop: (p, lr) => new Rprop(p, { lr }),
  lion: (p, lr) => new Lion(p, { lr }),
  // one iteration a step, so that its steps can be seen beside the others'
  lbfgs: (p, lr) => new LBFGS(p, { lr, maxIter: 1, maxEval: 25, lineSearchFn: "strong_wolfe" }),
};

export const makeOptimizer = (name: OptimizerName, params: readonly Parameter[], lr: number | Schedule): Optimizer =>
  MAKE[name](params, lr);
