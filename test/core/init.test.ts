import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type InitOptions, init, OptionError, type RuntimeInfo, runtimeInfo } from "../../src/index";
import { child } from "../children/run";
import { failing } from "../small";

interface Outcome {
  result?: RuntimeInfo & { same?: boolean };
  error?: string;
  message?: string;
  sum?: number[];
}

const way = (name: string) => child<Outcome>("init", [], [name]);

it("without init() the memory may grow to 2 GiB and the reason for the binary is told", async () => {
  const { result, sum } = await way("nothing");
  expect(result!.memory.maxBytes).toBe(2 ** 31);
  expect(result!.reason).not.toBe("");
  expect(sum).toEqual([1, 1, 1]);
});

it("reproducible takes the plain build", async () => {
  expect((await way("reproducible")).result).toMatchObject({ binary: "simd", arithmetic: "plain", reason: "reproducible was asked for" });
});

it("maxMemory bounds the memory", async () => {
  expect((await way("memory")).result!.memory.maxBytes).toBe(64 * 2 ** 20);
});

for (const kind of ["binary", "module"])
  it(`wasm takes a ${kind} in the place of the embedded one`, async () => {
    const { result, sum } = await way(kind);
    expect(result!.binary).toBe("simd");
    expect(sum).toEqual([1, 1, 1]);
  });

it("the binary given is the one that is compiled: a broken one fails", async () => {
  expect((await way("broken")).error).toBe("UnsupportedError");
});

/** Whether this engine has relaxed SIMD without being asked. */
const offered = WebAssembly.validate(readFileSync(new URL("../../build/relaxed.wasm", import.meta.url)));
const forced = { binary: "relaxed", reason: offered ? "the engine has relaxed SIMD" : 'relaxedSimd: "force" turned relaxed SIMD on' };

it.each(["force", "forceLate"])('relaxedSimd: "force" takes the relaxed build, where a flag hides it too: %s', async (name) => {
  const { result, sum } = await way(name);
  expect(result).toMatchObject(forced);
  expect(sum).toEqual([1, 1, 1]);
});

it('relaxedSimd: "force" again changes nothing, with a program alive too', async () => {
  expect((await way("forceTwice")).result).toMatchObject({ ...forced, same: true });
});

it('relaxedSimd: "force" with a program of the plain build alive: StateError; where nothing changes, none', async () => {
  const { result, error } = await way("forceTooLate");
  if (offered) expect(result).toMatchObject(forced);
  else expect(error).toBe("StateError");
});

it('reproducible after relaxedSimd: "force" takes the plain build', async () => {
  expect((await way("forceThenPlain")).result).toMatchObject({ binary: "simd", reason: "reproducible was asked for" });
});

it("called twice with the same options it changes nothing", async () => {
  expect((await way("twice")).result!.same).toBe(true);
});

it("wasm and maxMemory after first use: StateError that says when to call it", async () => {
  expect(await way("late")).toMatchObject({ error: "StateError", message: expect.stringContaining("call init({ wasm }) before") });
  expect(await way("lateMemory")).toMatchObject({ error: "StateError", message: expect.stringContaining("before anything else") });
});

const bad: readonly (readonly [string, unknown, string])[] = [
  [
    "an option that does not exist",
    { reproduceable: true },
    '"reproduceable"; the options of this version are threads, workerUrl, reproducible, relaxedSimd, maxMemory, wasm',
  ],
  ["reproducible that is no boolean", { reproducible: "yes" }, "true or false, got yes"],
  ["fewer than no threads", { threads: -1 }, 'threads must be "auto" or a whole number from 0 to 64, got -1'],
  ["half a thread", { threads: 1.5 }, "got 1.5"],
  ["threads by a word that is none", { threads: "all" }, "got all"],
  ["a workerUrl that is no address", { workerUrl: 3 }, "workerUrl must be the address of neurite/lane.js, got 3"],
  ["relaxedSimd that is no choice", { relaxedSimd: true }, 'must be "auto" or "force", got true'],
  ["both builds at once", { reproducible: true, relaxedSimd: "force" }, "pass one of them"],
  ["too little memory", { maxMemory: 1000 }, "between 1048576 and 2147483648"],
  ["too much memory", { maxMemory: 2 ** 32 }, "got 4294967296"],
  ["memory that is no number", { maxMemory: Number.NaN }, "got NaN"],
  ["a binary of another name", { wasm: { fast: new Uint8Array(8) } }, 'wasm has no "fast"'],
  ["a URL in the place of a binary", { wasm: { simd: "simd.wasm" } }, "must be a Uint8Array or a WebAssembly.Module"],
  ["wasm that is no object", { wasm: 3 }, "must be { simd, relaxed }, got 3"],
];
for (const [name, options, says] of bad)
  it(`${name}: OptionError, and what runs stays as it is`, async () => {
    const before = runtimeInfo();
    await failing(() => init(options as InitOptions), OptionError, says);
    expect(runtimeInfo().binary).toBe(before.binary);
  });
