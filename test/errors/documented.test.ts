import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import * as neurite from "../../src/index";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const table = (text: string, from: string) => [...text.slice(text.indexOf(from)).matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name!);

it("docs/errors.md has every class of errors and every code of a FileError, and they have their names", () => {
  const page = read("docs/errors.md");
  const classes = Object.entries(neurite).filter(
    ([, value]) => typeof value === "function" && value.prototype instanceof neurite.NeuriteError,
  );
  const codes = [.../type FileErrorCode =([^;]*);/.exec(read("src/core/errors.ts"))![1]!.matchAll(/"([\w-]+)"/g)].map(([, code]) => code!);
  expect(table(page, "| class |").sort()).toEqual([...classes.map(([name]) => name), "code", ...codes].sort());
  expect(table(page, "| `code` |")).toEqual(["code", ...codes]);
  expect(classes.length).toBeGreaterThan(10);
  for (const [name, type] of classes) {
    const error = new (type as new (message: string) => Error)("x");
    expect(error).toBeInstanceOf(neurite.NeuriteError);
    expect(error.name).toBe(name);
  }
});
