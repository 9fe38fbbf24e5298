import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserName } from "../../src/cli/bench/browser";
import { findChromium } from "../../src/cli/bench/chromium";
import { PageServer } from "../../src/cli/bench/serve";

let folder: string;
let server: PageServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neurite-serve-"));
  mkdirSync(join(folder, "open"));
  writeFileSync(join(folder, "open/a b.js"), "1");
  writeFileSync(join(folder, "secret.txt"), "secret");
  server = await PageServer.start();
  server.mounts.set("files", join(folder, "open"));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** A path as it is written, which fetch would tidy. */
const get = (path: string): Promise<{ status: number; type: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.origin);
    request({ hostname, port, path }, (r) => {
      r.resume();
      resolve({ status: r.statusCode!, type: r.headers["content-type"] ?? "" });
    })
      .on("error", reject)
      .end();
  });

describe("the server of pages", () => {
  it("listens on this machine alone, and gives files with their type and with isolation", async () => {
    expect(server.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${server.origin}/files/a%20b.js`);
    expect(response.headers.get("content-type")).toBe("text/javascript");
    expect(response.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(await response.text()).toBe("1");
  });
  it.each([
    "/files/../secret.txt",
    "/files/%2e%2e/secret.txt",
    "/files/..%2fsecret.txt",
    "/files/",
    "/files",
    "/etc/passwd",
    "/files/none.js",
    "/",
    "/next",
    "/files/%",
  ])("gives nothing for %s", async (path) => expect((await get(path)).status).toBeGreaterThanOrEqual(404));

  it("hands a page its questions in order and takes the answers", async () => {
    const { url, conversation, end } = server.converse("<p>page");
    const { search } = new URL(url);
    expect(await (await fetch(url)).text()).toBe("<p>page");
    const next = (body: unknown) => fetch(`${server.origin}/next${search}`, { method: "POST", body: JSON.stringify(body) });
    const first = conversation.ask({ ask: "sample", ms: 5 });
    expect(await (await next({ agent: "Mozilla Chrome/1.2" })).json()).toEqual({ ask: "sample", ms: 5 });
    expect(conversation.agent).toBe("Mozilla Chrome/1.2");
    const waiting = next({ sampled: { best: 1, median: 2, limit: 3 } });
    expect(await first).toEqual({ sampled: { best: 1, median: 2, limit: 3 } });
    const second = conversation.ask({ ask: "close" });
    expect(await (await waiting).json()).toEqual({ ask: "close" });
    const last = next({ closed: true });
    expect(await second).toEqual({ closed: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    end();
    // a page that is told nothing more leaves its loop
    expect((await last).status).toBe(410);
    expect((await fetch(url)).status).toBe(404);
  });
});

describe("the browser", () => {
  it("is what the path says, or is looked for", () => {
    const file = join(folder, "chromium");
    writeFileSync(file, "");
    expect(findChromium(file, {})).toBe(file);
    expect(() => findChromium(join(folder, "none"), {})).toThrow("--browser: there is no ");
    expect(findChromium("", { PATH: folder })).toMatch(/(chrom|edge)/i);
  });
  it("has a name and a version", () =>
    expect(browserName("Mozilla/5.0 HeadlessChrome/140.0.0.0 Safari/537.36")).toBe("chromium 140.0.0.0"));
});
