import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// what needs a browser: npm run test:browser
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/browser/**/*.test.ts", "test/playground/**/*.test.ts"],
    globalSetup: ["test/playground/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // browsers side by side take each other's processors, and time out
    fileParallelism: false,
  },
});
