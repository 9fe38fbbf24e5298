/**
 * npm run bench:selftest -- [--unchanged N] [--no-slowed] [--filter REGEX] [--keep DIR]
 * Whether `neurite bench --against` sees what it is for, live on this machine: a second copy of the package, whose products do a fifth of their work twice, has to be
 * found slower there and nowhere else; N runs (10) of an unchanged copy must find nothing. Exit code 1 otherwise. Reports are kept in DIR.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseReport } from "../src/cli/bench/baseline";
import { countsOf, signed } from "../src/cli/bench/table";
import type { Change } from "../src/cli/bench/types";

const { values: options } = parseArgs({
  options: {
    unchanged: { type: "string", default: "10" },
    "no-slowed": { type: "boolean", default: false },
    keep: { type: "string" },
    filter: { type: "string", default: "^G NN 256|^G-fwd|^relu|^T1.*run" },
  },
});
const top = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "neurite-selftest-"));

/** The sources with the products slowed, built. */
function slowed(): string {
  const copy = join(folder, "slowed");
  for (const name of ["assembly", "scripts", "src", "asconfig.json", "package.json", "tsconfig.json", "tsup.config.ts"])
    cpSync(join(top, name), join(copy, name), { recursive: true });
  symlinkSync(join(top, "node_modules"), join(copy, "node_modules"), "junction");
  const file = join(copy, "assembly/gemm/gemm.ts");
  const before = readFileSync(file, "utf8");
  // k is the instruction's eighth operand; the sums over its first fifth are written, and then written over by those over all of it
  const after = `${before.replaceAll(/\bproduct\((Op\.MATMUL_\w\w), i, tile, lane\)/g, "slower($1, i, tile, lane)")}
function slower(op: Op, i: usize, tile: u32, lane: u32): void {
  const k = load<u32>(i, 40);
  if (k >= 5) {
    store<u32>(i, k / 5, 40);
    if (tile == WHOLE || tile < gemm_tiles(i)) product(op, i, tile, lane);
    store<u32>(i, k, 40);
  }
  product(op, i, tile, lane);
}
`;
  if (after.match(/slower\(Op/g)?.length !== 3)
    throw new Error("assembly/gemm/gemm.ts does not look as expected: the three products were not found");
  writeFileSync(file, after);
  execFileSync("npm", ["run", "-s", "build"], { cwd: copy, stdio: ["ignore", "ignore", "inherit"] });
  return copy;
}

/** The same build at another place. */
function unchanged(): string {
  const copy = join(folder, "unchanged");
  for (const name of ["dist", "package.json"]) cpSync(join(top, name), join(copy, name), { recursive: true });
  symlinkSync(join(top, "node_modules"), join(copy, "node_modules"), "junction");
  return copy;
}

function compare(copy: string, run: number): { code: number | null; changes: readonly Change[] } {
  const json = join(options.keep ?? folder, `report-${run}.json`);
  const args = ["dist/cli/bin.js", "bench", "--package", copy, "--quick", "--against", ".", "--filter", options.filter, "--json", json];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: top, encoding: "utf8" });
  if (status === 2 || status === null) throw new Error(`neurite bench ended with ${status}\n${stdout}${stderr}`);
  return { code: status, changes: parseReport(readFileSync(json, "utf8"), json).comparison!.changes };
}

const show = (c: Change) => `  ${c.name.padEnd(28)}${signed(c.ratio!).padStart(9)}  ${signed(c.low!)} to ${signed(c.high!)}  ${c.verdict}`;
let wrong = 0;
try {
  if (!options["no-slowed"]) {
    const { code, changes } = compare(slowed(), 0);
    console.log(`products slowed: exit code ${code}\n${changes.map(show).join("\n")}`);
    for (const c of changes) if ((c.verdict === "slower") !== c.name.startsWith("G")) wrong++;
    if (code !== 1) wrong++;
  }
  const copy = unchanged();
  for (let run = 1; run <= Number(options.unchanged); run++) {
    const { code, changes } = compare(copy, run);
    const off = changes.map((c) => Math.abs(Math.log(c.ratio!)));
    console.log(`unchanged, run ${run}: exit code ${code}; ${countsOf(changes)}; furthest off ${signed(Math.exp(Math.max(...off)))}`);
    wrong += changes.filter((c) => c.verdict === "slower" || c.verdict === "faster").length + (code === 0 ? 0 : 1);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(wrong === 0 ? "as it should be" : `${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
