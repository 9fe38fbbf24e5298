// The entry points, read from package.json: an export whose import condition is ./dist/NAME.js is built from src/NAME.ts or
// src/NAME/index.ts. A new entry is three lines in `exports`, nothing else.
import { existsSync, readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Name in dist/ to source file. */
export const entries = Object.fromEntries(
  Object.values(manifest.exports)
    .filter((target) => typeof target === "object")
    .map((target) => {
      const name = target.import.default.replace(/^\.\/dist\/(.*)\.js$/, "$1");
      const file = [`src/${name}.ts`, `src/${name}/index.ts`].find((f) => existsSync(new URL(`../${f}`, import.meta.url)));
      if (!file) throw new Error(`package.json exports ./dist/${name}.js, but there is no src/${name}.ts`);
      return [name, file];
    }),
);
