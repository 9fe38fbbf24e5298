/**
 * Pictures of the built playground for the README.
 *
 *     npm run playground:shots
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import { serve } from "../../../test/browser/serve";
import { initialSettings, SCHEMAS, type TabName } from "../src/shared/settings";
import { encode } from "../src/shared/share";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "playground-"));
await build({ configFile: join(root, "examples/playground/vite.config.ts"), logLevel: "error", build: { outDir: folder } });
const site = await serve({ folders: { "/": folder } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

async function shot<T extends TabName>(name: string, tab: T, changes: object, theme: "light" | "dark", wait: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 760 }, colorScheme: theme });
  await page.goto(`${site.origin}/#${encode(tab, SCHEMAS[tab], { ...initialSettings(tab), ...changes })}`);
  await page.locator("[role=tabpanel]:not([hidden]) button.play").waitFor();
  await page.waitForTimeout(1000);
  if (tab === "plane") await page.locator("[role=tabpanel]:not([hidden]) button.play").click();
  await page.locator(wait).first().waitFor({ timeout: 300_000 });
  if (tab === "plane") await page.locator("[role=tabpanel]:not([hidden]) button.play").click();
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(root, `docs/figures/playground-${name}.png`) });
  await page.close();
}

await shot(
  "plane",
  "plane",
  { data: "spirals", noise: 0.03, layers: [12, 8], lr: 0.02, speed: "most" },
  "light",
  '[data-figure="Test accuracy"]:text-matches("^(9[6-9]|100)")',
);
await shot("optimizers", "optimizers", {}, "dark", '[role=status]:text-matches("^Lowest")');
await browser.close();
await site.close();
rmSync(folder, { recursive: true });
