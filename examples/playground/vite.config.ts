import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { digits } from "./tools/digits";
import { policy } from "./tools/policy";

/** Addresses are relative, so that the files work from any folder of any server. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  resolve: { alias: [{ find: /^neurite$/, replacement: fileURLToPath(new URL("../../src/index.ts", import.meta.url)) }] },
  plugins: [digits(), policy()],
  worker: { format: "es" },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 1500 },
});
