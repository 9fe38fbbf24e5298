import { dropout } from "../ops/dropout";
import { checkShare } from "../ops/random";
import type { Tensor } from "../tensor/tensor";
import { isDropping, Module } from "./module";

/**
 * In training each item of x, of any shape, is 0 with probability p, else divided by 1 - p (inverted scaling: the expectation stays, so that evaluation
 * needs no scaling). In evaluation, and with p = 0, it returns x itself, not a copy.
 *
 * Which items go is a function of the run's key, the layer's path in the model, the step, the row within the global batch (the first dimension are the rows)
 * and the column: the same in pieces of a batch, accumulated or threaded, eager or recorded. A layer used twice in one forward draws twice. Outside fit and
 * trainStep the global generator is used.
 *
 * p in [0, 1), default 0.5; else OptionError. Srivastava et al. 2014; PyTorch's nn.Dropout.
 */
export class Dropout extends Module {
  static override readonly type = "Dropout";
  constructor(readonly p = 0.5) {
    super();
    checkShare("Dropout", p);
  }
  override get config() {
    return { p: this.p };
  }
  forward(x: Tensor): Tensor {
    return this.p > 0 && isDropping(this) ? dropout(x, this.p) : x;
  }
}
