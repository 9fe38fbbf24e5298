import { afterAll, beforeAll, expect, it } from "vitest";
import { type Browser, ENGINES } from "./engines";
import { lossOf } from "./loss";
import { IMPORT, page, TRAIN } from "./pages";

let browser: Browser;
beforeAll(async () => {
  browser = await ENGINES.chromium();
});
afterAll(() => browser?.close());

it("a service worker trains, asked by its page (Chromium: module scripts there need no bundler)", async () => {
  const worker = `${IMPORT}
    addEventListener("install", () => skipWaiting());
    addEventListener("activate", (event) => event.waitUntil(clients.claim()));
    const train = async () => { ${TRAIN} return loss; };
    addEventListener("message", (event) => event.waitUntil(train().then((loss) => event.source.postMessage(loss))));`;
  const app = `
    navigator.serviceWorker.onmessage = ({ data }) => { document.title = "loss " + data; };
    await navigator.serviceWorker.register("/worker.js", { type: "module" });
    (await navigator.serviceWorker.ready).active.postMessage("train");`;
  expect(await lossOf(browser, page(app, {}, { "/worker.js": worker }))).toBeLessThan(0.05);
});
