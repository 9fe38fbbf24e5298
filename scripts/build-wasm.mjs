// Compiles both binaries from assembly/ and embeds them as base64 in src/core/binaries.ts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
mkdirSync("build", { recursive: true });
const lines = ["// Written by scripts/build-wasm.mjs."];
for (const target of ["simd", "relaxed"]) {
  const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  const bytes = readFileSync(`build/${target}.wasm`);
  lines.push(`export const ${target} =\n  "${bytes.toString("base64")}";`);
  console.log(`build/${target}.wasm ${bytes.length} bytes`);
}
writeFileSync("src/core/binaries.ts", `${lines.join("\n")}\n`);
