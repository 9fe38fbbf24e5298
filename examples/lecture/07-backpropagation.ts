/** Backpropagation as one does it by hand: a 2-2-1 net of sigmoid units, squared error, one example. */
import { explain, Linear, Sequential, Sigmoid, squaredError } from "neurite";

const hidden = new Linear(2, 2);
hidden.bias!.set([0.2, -0.3]); // w(0,3), w(0,4)
hidden.weight.set([0.1, 0.3, -0.2, 0.4]); // w(1,3), w(2,3), w(1,4), w(2,4)
const output = new Linear(2, 1);
output.bias!.set([0.4]); // w(0,5)
output.weight.set([0.5, -0.4]); // w(3,5), w(4,5)
const model = new Sequential(hidden, new Sigmoid(), output, new Sigmoid());

console.log(String(explain(model, { x: [1, 1], y: 0, loss: squaredError, lr: 1 })));
