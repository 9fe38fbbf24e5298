import { expect, it } from "vitest";
import { Act, Op } from "../../assembly/opcodes";
import { emit, withSink } from "../../src/core/emit";
import type { Program } from "../../src/core/program";
import { Recorder } from "../../src/core/recorder";
import { add, matmul, mul, neg, noGrad, randn, relu, reshape, scope, sigmoid, sub, sum, type Tensor, tanh } from "../../src/index";
import { pinned } from "../../src/tensor/tensor";
import { noLeaks } from "../leaks";
import { random } from "../random";

noLeaks();

/** Records `body` and runs the program; its results, kept, have values then. */
function run(body: () => readonly Tensor[]): { values: (readonly number[])[]; program: Program } {
  const recorder = new Recorder();
  const results = withSink(recorder, () => noGrad(body));
  for (const t of results) recorder.keep(t.ref);
  const program = recorder.finish(() => "");
  program.run();
  const values = results.map((t) => [...new Int32Array((t.data() as Float32Array).buffer)]);
  program.dispose();
  return { values, program };
}

const opsOf = (program: Program) => program.instructions.map((i) => Op[i.op]);
const acts = (program: Program) => program.instructions.filter((i) => i.op === Op.MATMUL_NN).map((i) => i.operands[9]);

const N = 5;
const unary = [relu, tanh, sigmoid, neg, (t: Tensor) => reshape(reshape(t, [N * N]), [N, N])];
const binary = [add, mul, sub, matmul, matmul, matmul];

/** The same random graph of square matrices for the same seed, and which of its results are wanted. */
function graph(seed: number, inputs: readonly Tensor[]): Tensor[] {
  const next = random(seed);
  const all = [...inputs];
  const pick = () => all[next() < 0.5 ? all.length - 1 : Math.floor(next() * all.length)]!;
  const one = <T>(from: readonly T[]) => from[Math.floor(next() * from.length)]!;
  for (let k = 0; k < 25; k++) all.push(next() < 0.45 ? one(unary)(pick()) : one(binary)(pick(), pick()));
  return all.slice(inputs.length).filter((_, k) => k === 24 || next() < 0.15);
}

for (let seed = 1; seed <= 20; seed++)
  it(`a random graph gives the same bits recorded, with results dropped, fused and sharing memory, as one op at a time (seed ${seed})`, () => {
    scope(() => {
      const inputs = [randn([N, N]), randn([N, N])];
      const eager = noGrad(() => graph(seed, inputs)).map((t) => [...new Int32Array((t.data() as Float32Array).buffer)]);
      expect(run(() => graph(seed, inputs)).values).toEqual(eager);
    });
  });

const matrices = () => [randn([N, N]), randn([N, N])] as const;

it("an activation moves into the product before it", () => {
  scope(() => {
    const [a, b] = matrices();
    const { program } = run(() => [relu(matmul(a, b))]);
    expect(opsOf(program)).toEqual(["MATMUL_NN"]);
    expect(acts(program)).toEqual([Act.RELU]);
  });
});

it("not where the product itself is wanted, or read by another instruction, or an activation is in it already", () => {
  scope(() => {
    const [a, b] = matrices();
    const wanted = run(() => {
      const product = matmul(a, b);
      return [product, tanh(product)];
    });
    expect(acts(wanted.program)).toEqual([Act.NONE]);
    const readTwice = run(() => {
      const product = matmul(a, b);
      return [add(tanh(product), product)];
    });
    expect(acts(readTwice.program)).toEqual([Act.NONE]);
    const twice = run(() => [sigmoid(relu(matmul(a, b)))]);
    expect(acts(twice.program)).toEqual([Act.RELU]);
    expect(opsOf(twice.program)).toEqual(["MATMUL_NN", "SIGMOID"]);
  });
});

it("not where something stands between them, or the activation is of a part", () => {
  scope(() => {
    const [a, b] = matrices();
    const between = run(() => {
      const product = matmul(a, b);
      const other = neg(a);
      return [tanh(product), other];
    });
    expect(acts(between.program)).toEqual([Act.NONE]);
  });
});

it("what nobody reads is dropped, with what only it read; what writes outside the program stays", () => {
  scope(() => {
    const [a, b] = matrices();
    const dropped = run(() => {
      const unused = tanh(add(a, b));
      sum(unused);
      return [mul(a, b)];
    });
    expect(opsOf(dropped.program)).toEqual(["MUL"]);
    const state = pinned([N, N], "state");
    const kept = run(() => {
      emit(Op.COPY, state.ref, add(a, b).ref, state.size);
      return [mul(a, b)];
    });
    expect(opsOf(kept.program)).toEqual(["ADD", "COPY", "MUL"]);
    expect(state.data()).toEqual(add(a, b).data());
    state.dispose();
  });
});
