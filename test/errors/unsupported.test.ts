import { describe, expect, it } from "vitest";
import { UnsupportedError } from "../../src/core/errors";
import { refused } from "../../src/core/refused";
import { child } from "../children/run";

describe("without WebAssembly SIMD", () => {
  it("the first use and init() say what is missing, and who has it", async () => {
    // V8 has no SIMD for processors without these instructions
    const results = await child<{ name: string; message: string }[]>("no-simd", ["--no-enable-ssse3", "--no-enable-sse4-1"]);
    expect(results).toHaveLength(2);
    for (const { name, message } of results) {
      expect(name).toBe("UnsupportedError");
      expect(message).toMatch(/does not compile the kernels \(.*SIMD.*\); neurite needs .*SIMD.*Chrome.*Firefox.*Safari 16\.4.*Node 20/);
    }
  }, 60_000);
});

describe("what the engine refuses", () => {
  it.each([
    "WebAssembly.Module(): Refused to compile or instantiate WebAssembly module because neither 'wasm-eval' nor 'unsafe-eval' is an allowed source",
    "call to WebAssembly.Module() blocked by CSP",
    "Refused to create a WebAssembly object because 'unsafe-eval' or 'wasm-unsafe-eval' is not an allowed source of script",
  ])("by a policy names the directive: %s", (why) => {
    expect(refused(new WebAssembly.CompileError(why), false)).toBeInstanceOf(UnsupportedError);
    expect((refused(new EvalError(why), false) as Error).message).toMatch(/Content-Security-Policy.*'wasm-unsafe-eval' to its script-src/);
  });

  it("of binaries that were given names them", () => {
    expect((refused(new WebAssembly.CompileError("magic word"), true) as Error).message).toMatch(/magic word.*init\(\{ wasm \}\)/);
  });

  it("but for other errors, which stay as they are", () => {
    const error = new RangeError("out of memory");
    expect(refused(error, false)).toBe(error);
  });
});
