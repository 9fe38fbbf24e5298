/** A script whose last line awaits what workers do; prints what came of it. */
import { syncBuiltinESMExports } from "node:module";
import threadsOfNode from "node:worker_threads";
import { evaluate, fit, init, Linear, predict, runtimeInfo, Sequential, Tanh, tensor, trainStep } from "../../src/index";

const way = process.argv[2]!;
const threads = process.argv[3] === "auto" ? "auto" : Number(process.argv[3]);
if (way === "refused" || way === "unshared") {
  threadsOfNode.Worker = class extends threadsOfNode.Worker {
    constructor(...args: ConstructorParameters<typeof threadsOfNode.Worker>) {
      if (way === "refused") throw new Error("there are no workers here");
      super(...args);
    }
    override postMessage(): void {
      throw new Error("memory cannot be shared");
    }
  };
  syncBuiltinESMExports();
}
const info = await init({ threads });
const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 2));
const data = { x: [[0, 1] as const, [1, 0] as const], y: [0, 1] };
const options = { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 }, epochs: 200, batchSize: 1 } as const;
console.log(JSON.stringify({ threads: info.threads, reason: info.threadsReason, same: runtimeInfo().threads === info.threads }));
if (["fit", "refused", "unshared"].includes(way)) await fit(model, data, options);
if (way === "predict") await predict(model, tensor([0, 1], [1, 2]));
if (way === "evaluate") await evaluate(model, data, { loss: "crossEntropy" });
if (way === "step") await trainStep(model, { loss: "crossEntropy", optimizer: options.optimizer }).async(data.x, data.y);
if (way === "unhandled") void fit(model, data, options);
if (way === "exit") {
  void fit(model, data, { ...options, epochs: 1e6 });
  setTimeout(() => process.exit(7), 50);
}
