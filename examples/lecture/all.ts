/** Runs all examples of the lecture in order, in one process: npm run lecture, with -- --docs to write the figures and quotations of docs/lecture.md anew. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { PAGE, quote, target } from "./tools/page";

const files = readdirSync(new URL(".", import.meta.url))
  .filter((file) => /^\d\d-.*\.ts$/.test(file))
  .sort();
const { log } = console;
const printed = new Map<string, string>();
for (const file of files) {
  const name = file.slice(0, -3);
  const lines: string[] = [];
  log(`=== ${name}`);
  console.log = (...values: unknown[]) => {
    lines.push(values.join(" "));
    log(...values);
  };
  const start = performance.now();
  await import(`./${file}`);
  log(`--- ${((performance.now() - start) / 1000).toFixed(2)} s\n`);
  printed.set(name, lines.join("\n"));
}
if (target !== undefined) writeFileSync(`${target}/lecture.md`, quote(readFileSync(PAGE, "utf8"), printed));
