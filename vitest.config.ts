import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // examples import the package by its name
  resolve: {
    alias: [
      { find: /^neurite\/table$/, replacement: fileURLToPath(new URL("src/table/index.ts", import.meta.url)) },
      { find: /^neurite$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) },
    ],
  },
  test: { include: ["test/**/*.test.ts"], exclude: ["test/browser/**", "test/playground/**"], testTimeout: 30_000 },
});
