/** Softmax, cross-entropy and squared error, with the figures one can check by hand. */
import { crossEntropy, crossEntropyOnProbabilities, logSoftmax, mse, nll, softmax, squaredError, tensor } from "neurite";
import { fixed, table, title, vector } from "./tools/text";

const label = tensor([1], [1], { dtype: "i32" });
const u = tensor([[-2, 3, 1]]);

title("u = (-2, 3, 1), class 1");
const p = softmax(u);
console.log(`softmax        ${vector(p.data(), 8)}`);
table(
  ["loss", "of", "value"],
  [
    ["crossEntropy", "u", fixed(crossEntropy(u, label).item())],
    ["nll", "log softmax(u)", fixed(nll(logSoftmax(u), label).item())],
    ["crossEntropyOnProbabilities", "softmax(u)", fixed(crossEntropyOnProbabilities(p, label).item())],
    ["crossEntropy, one-hot (0, 1, 0)", "u", fixed(crossEntropy(u, tensor([[0, 1, 0]])).item())],
    ["crossEntropy, soft (0.1, 0.8, 0.1)", "u", fixed(crossEntropy(u, tensor([[0.1, 0.8, 0.1]])).item())],
    ["crossEntropy, labelSmoothing 0.1", "u", fixed(crossEntropy(u, label, { labelSmoothing: 0.1 }).item())],
    ["squaredError", "softmax(u)", fixed(squaredError(p, label).item())],
  ],
);

u.requiresGrad = true;
crossEntropy(u, label).backward();
console.log(`gradient of crossEntropy, softmax(u) - y: ${vector(u.grad!.data(), 6)}`);

title("u = (1, 0), y = (0.8, 0.5)");
const [a, y] = [tensor([[1, 0]]), tensor([[0.8, 0.5]])];
console.log(`squaredError, E = 1/2 sum (u - y)^2: ${fixed(squaredError(a, y).item())}`);
console.log(`mse, the mean over all elements:     ${fixed(mse(a, y).item())}`);
