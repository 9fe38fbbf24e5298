import { UnsupportedError } from "./errors";

const NEEDS = "neurite needs WebAssembly with SIMD and shared memory: Chrome or Edge 91, Firefox 89, Safari 16.4, Node 20, or later";

/** What to tell where the engine did not compile a binary; other errors as they are. `given`: by init({ wasm }). */
export function refused(cause: unknown, given: boolean): unknown {
  if (typeof WebAssembly === "undefined")
    return new UnsupportedError(`there is no WebAssembly here (Lockdown Mode turns it off); ${NEEDS}`);
  const why = cause instanceof Error ? cause.message : String(cause);
  // no engine has a type of its own for this
  if (/security policy|\bCSP\b|unsafe-eval/i.test(why))
    return new UnsupportedError("the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src", {
      cause,
    });
  if (!(cause instanceof WebAssembly.CompileError)) return cause;
  const other = given ? ", or what init({ wasm }) was given is not this version's simd.wasm and relaxed.wasm" : "";
  return new UnsupportedError(`the engine does not compile the kernels (${why}); ${NEEDS}${other}`, { cause });
}
