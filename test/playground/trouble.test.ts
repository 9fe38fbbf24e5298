import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serve } from "../browser/serve";
import { close, folder, link, notice, open, playground, setting, until } from "./harness";

playground();

describe("trouble is told, with what to do", () => {
  it.each([
    ["no SIMD", "WebAssembly.validate = () => false;", /no WebAssembly SIMD.*please update/],
    ["no WebAssembly at all", "WebAssembly = undefined;", /WebAssembly switched off. Switch it on/],
    [
      "no memory",
      'WebAssembly.Memory = class { constructor() { throw new RangeError("could not allocate memory"); } };',
      /cannot have the memory.*Close other tabs/,
    ],
  ])("%s", async (_, worker, says) => {
    const page = await open("", { worker });
    await notice(page).filter({ hasText: says }).waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await notice(page).filter({ hasText: says }).waitFor();
    await close(page);
  });

  it("memory that runs out while the page is used: the tab goes on afterwards", async () => {
    // none is to be had from the start of training on, until something else is asked for
    const worker = `const grow = WebAssembly.Memory.prototype.grow;
      self.full = false;
      WebAssembly.Memory.prototype.grow = function (pages) { if (self.full) throw new RangeError("Maximum memory size exceeded"); return grow.call(this, pages); };
      self.addEventListener("message", ({ data }) => { if (data.name !== "ping") self.full = data.name === "digits.train"; });`;
    const page = await open(link("digits", { hidden: [512, 512], epochs: 1 }), { worker });
    await page.locator(".samples canvas").first().waitFor();
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await notice(page)
      .filter({ hasText: /cannot have the memory.*choose smaller settings/ })
      .waitFor();
    await page.getByRole("tab", { name: "Plane" }).click();
    await until(page, "Step", (v) => v === 0);
    expect(await notice(page).count()).toBe(0);
    await close(page);
  });

  it("a policy that forbids workers", async () => {
    const site = await serve({ folders: { "/": folder() }, headers: { "content-security-policy": "worker-src 'none'" } });
    const page = await open("", { origin: site.origin });
    await notice(page)
      .filter({ hasText: /could not be started.*worker-src 'self'/ })
      .waitFor();
    await close(page, [/Content Security Policy/]);
    await site.close();
  });

  it("a worker that is killed: the settings are kept, and one press starts another", async () => {
    const page = await open(link("plane", { data: "xor" }), {
      before: () => {
        const Old = Worker;
        const state = window as unknown as { workers: Worker[]; Worker: typeof Worker };
        state.workers = [];
        state.Worker = class extends Old {
          constructor(...args: ConstructorParameters<typeof Worker>) {
            super(...args);
            state.workers.push(this);
          }
        };
      },
    });
    await until(page, "Step", (v) => v === 0);
    await page.evaluate(() => (window as unknown as { workers: Worker[] }).workers.at(-1)!.terminate());
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await notice(page)
      .filter({ hasText: /does not answer any more.*settings are kept/ })
      .waitFor();
    await page.getByRole("button", { name: "Start the worker again" }).click();
    await page.locator(".runtime", { hasText: "WebAssembly" }).waitFor();
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await until(page, "Step", (v) => v === 1);
    expect(await setting(page, "data").inputValue()).toBe("xor");
    expect(await notice(page).count()).toBe(0);
    await close(page);
  });

  it("digits that are missing or damaged", async () => {
    for (const [body, says] of [
      [undefined, /could not be loaded.*404/],
      [readFileSync(join(folder(), "icon.svg")), /damaged|could not/],
    ] as const) {
      const page = await open("");
      await page.route("**/digits.bin", (route) => (body === undefined ? route.fulfill({ status: 404 }) : route.fulfill({ body })));
      await page.getByRole("tab", { name: "Digits" }).click();
      await notice(page).filter({ hasText: says }).waitFor();
      await close(page, [/404/]);
    }
  });
});
