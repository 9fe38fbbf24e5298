import { describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { emit, withSink } from "../../src/core/emit";
import type { Program } from "../../src/core/program";
import { Recorder } from "../../src/core/recorder";
import { engine, heap } from "../../src/core/runtime";
import { Storage } from "../../src/core/storage";
import { pinned, type Tensor } from "../../src/tensor/tensor";
import { noLeaks } from "../leaks";
import { random } from "../random";
import { allLanes, threads } from "./lanes";

noLeaks();
allLanes();

const add = (out: Tensor, a: Tensor, b: Tensor) => emit(Op.ADD, out.ref, a.ref, b.ref, out.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1);
const values = (t: Tensor) => heap().f32.subarray(t.storage.address / 4, t.storage.address / 4 + t.size);

function vector(n: number, value: number): Tensor {
  const t = pinned([n], "state");
  values(t).fill(value);
  return t;
}

function record(body: (recorder: Recorder) => void): Program {
  const recorder = new Recorder();
  withSink(recorder, () => body(recorder));
  return recorder.finish(() => "");
}

/** Adds `one` to a in each step, and to b where it updates. */
const sections = (a: Tensor, b: Tensor, one: Tensor) =>
  record((recorder) => {
    add(a, a, one);
    recorder.section = "update";
    add(b, b, one);
  });

/** From 1 tile, more often few than many, up to 90. */
const sizes = (next: () => number, count: number) => Array.from({ length: count }, () => Math.ceil(4096 * 90 ** next() * (0.2 + next())));

for (const lanes of [2, 3, 4])
  describe(`${lanes} lanes`, () => {
    it("do every tile once in every step: counters of random sizes, each increased once or several times, in random order", async () => {
      await threads(lanes);
      const next = random(lanes);
      for (let round = 0; round < 30; round++) {
        const counters = sizes(next, 1 + Math.floor(6 * next())).map((n) => vector(n, 0));
        const ones = counters.map((c) => vector(c.size, 1));
        const times = counters.map(() => 0);
        const program = record(() => {
          for (let k = 0; k < 12; k++) {
            const which = Math.floor(counters.length * next());
            times[which]!++;
            add(counters[which]!, counters[which]!, ones[which]!);
          }
        });
        const count = 1 + Math.floor(20 * next());
        const done = await program.onTeam({ count });
        expect(done!.steps).toBe(count);
        for (const [k, c] of counters.entries()) expect(values(c).every((v) => v === count * times[k]!)).toBe(true);
        for (const o of [program, ...counters, ...ones]) o.dispose();
      }
      await threads(0);
    });

    it("see what the instruction before has written: chains of sums in which every item depends on a far one", async () => {
      await threads(lanes);
      const next = random(10 * lanes);
      for (let round = 0; round < 10; round++) {
        const half = 4096 + Math.floor(100_000 * next());
        const [a, b] = [vector(2 * half, 1), vector(2 * half, 1)];
        /** Adds each half of x to the other half of out. */
        const cross = (out: Tensor, x: Tensor) => {
          for (const [to, from] of [
            [0, half],
            [half, 0],
          ] as const) {
            const [o, i] = [
              { storage: out.storage, offset: 4 * to },
              { storage: x.storage, offset: 4 * from },
            ];
            emit(Op.ADD, o, o, i, half, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1);
          }
        };
        const program = record(() => {
          cross(a, b);
          cross(b, a);
        });
        await program.onTeam({ count: 9 });
        const fibonacci = [1, 1];
        for (let k = 0; k < 18; k++) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
        expect(values(a).every((v) => v === fibonacci.at(-2))).toBe(true);
        expect(values(b).every((v) => v === fibonacci.at(-1))).toBe(true);
        for (const o of [program, a, b]) o.dispose();
      }
      await threads(0);
    });

    it("take the row of each step, and leave the update out where it says so", async () => {
      await threads(lanes);
      const [a, b, one] = [vector(50_000, 0), vector(50_000, 0), vector(50_000, 1)];
      const program = sections(a, b, one);
      const rows = new Storage(16 * 8, "program");
      const flags = [1, 0, 0, 1, 1, 0, 1];
      const [row, table] = [rows.address, rows.address + 16];
      for (const [k, f] of flags.entries()) heap().u32[table / 4 + 4 * k] = f;
      const done = await program.onTeam({ table, rowBytes: 16, row, count: 7, update: program.begin("update") });
      expect(done!.steps).toBe(7);
      expect([values(a)[40_000], values(b)[40_000]]).toEqual([7, 4]);
      for (const o of [program, a, b, one]) o.dispose();
      rows.release();
      await threads(0);
    });

    it("an update that waits for a finite number is left out where it is none", async () => {
      await threads(lanes);
      const [a, b, one, loss] = [vector(50_000, 0), vector(50_000, 0), vector(50_000, 1), vector(1, 1)];
      const program = sections(a, b, one);
      const steps = async () => (await program.onTeam({ update: program.begin("update"), guard: loss.storage.address }))!.steps;
      expect(await steps()).toBe(1);
      values(loss)[0] = Number.NaN;
      expect(await steps()).toBe(0);
      expect([values(a)[40_000], values(b)[40_000]]).toEqual([2, 1]);
      for (const o of [program, a, b, one, loss]) o.dispose();
      await threads(0);
    });
  });

it("the workers of a team share the engine's memory, and the block that they meet at is given back", async () => {
  const before = engine().allocator.used;
  await threads(2);
  const t = vector(100_000, 1);
  const program = record(() => add(t, t, t));
  for (let k = 0; k < 5; k++) await program.onTeam();
  expect(values(t)[99_999]).toBe(32);
  program.dispose();
  t.dispose();
  await threads(0);
  expect(engine().allocator.used).toBe(before);
});
