import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("100,000 eager steps in one synchronous loop, nothing disposed, stay under 256 MB resident", () => {
  const script = fileURLToPath(new URL("../children/eager-loop.ts", import.meta.url));
  const printed = execFileSync(process.execPath, ["--import", "tsx", script], { encoding: "utf8" });
  const { rss, loss } = JSON.parse(printed) as { rss: number; loss: number };
  expect(rss).toBeLessThan(256 * 2 ** 20);
  expect(loss).toBeLessThan(0.1);
}, 120_000);
