// See PAGE in tsup.config.ts. Not the methods: they have to stay in the entry that attaches them.
export { noGrad } from "../src/autograd/graph";
export { init } from "../src/core/runtime";
export { bceWithLogits } from "../src/loss/binary";
export { crossEntropy } from "../src/loss/classes";
export { mse } from "../src/loss/numbers";
export { accuracy } from "../src/metrics/metrics";
export { ReLU } from "../src/nn/activations";
export { Linear } from "../src/nn/layers";
export { Sequential } from "../src/nn/sequential";
export { Adam } from "../src/optim/adam";
export { tensor } from "../src/tensor/create";
export { evaluate } from "../src/train/evaluate";
export { fit } from "../src/train/fit";
export { predict } from "../src/train/predict";
