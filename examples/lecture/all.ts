/** Runs all examples of the lecture in order, in one process: npm run lecture, with -- --figures to write docs/figures anew. */
import { readdirSync } from "node:fs";

const files = readdirSync(new URL(".", import.meta.url))
  .filter((file) => /^\d\d-.*\.ts$/.test(file))
  .sort();
for (const file of files) {
  const start = performance.now();
  console.log(`=== ${file.slice(0, -3)}`);
  await import(`./${file}`);
  console.log(`--- ${((performance.now() - start) / 1000).toFixed(2)} s\n`);
}
