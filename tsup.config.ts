import { copyFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { entries } from "./scripts/entries.mjs";

export default defineConfig({
  entry: entries,
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  // What entries have in common, the embedded binaries first of all, goes into shared chunks, once per format.
  splitting: true,
  clean: true,
  // Whitespace and syntax only: shorter identifiers would save about a tenth after gzip and cost every name in a user's stack
  // traces and profiles. Source maps would triple the package; with names kept the code is readable without.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: false,
  // scripts/build-types.mjs writes the declarations: a bundler of declarations loses `declare module`, by which methods are attached.
  dts: false,
  onSuccess: async () => {
    for (const name of ["simd", "relaxed"]) copyFileSync(`build/${name}.wasm`, `dist/${name}.wasm`);
  },
});
