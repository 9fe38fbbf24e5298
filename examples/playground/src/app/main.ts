import { initialSettings, SCHEMAS, type TabName } from "../shared/settings";
import { decode, encode, LinkError } from "../shared/share";
import { recolourCurves } from "../views/curves";
import { DigitsView } from "../views/digits";
import { button, el } from "../views/dom";
import { LayersView } from "../views/layers";
import { forgetPalette } from "../views/palette";
import { PerceptronView } from "../views/perceptron";
import { redrawAll } from "../views/picture";
import { PlaneView } from "../views/plane";
import { RaceView } from "../views/race";
import type { Host, View } from "../views/view";
import { Client, GoneError } from "./client";
import { Notice } from "./notice";
import { Tabs } from "./tabs";
import { themeToggle } from "./theme";
import "../styles/base.css";
import "../styles/layout.css";
import "../styles/tabs.css";

const notice = new Notice();
const runtime = el("span", { class: "runtime" }, "starting the worker …");

/** The worker is gone: the tab rests until it is started again. */
function lost(message: string): void {
  runtime.textContent = "no worker";
  current?.hide();
  for (const view of views) view.forget?.();
  notice.show(message, { text: "Start the worker again", press: start });
}

const client = new Client(lost);
let current: View | undefined;
let writing: ReturnType<typeof setTimeout> | undefined;

const host: Host = {
  client,
  complain: (error) => {
    // of a lost worker lost() tells
    if (!(error instanceof GoneError)) notice.show(error instanceof Error ? error.message : String(error));
  },
  clearComplaint: () => notice.hide(),
  changed: () => {
    clearTimeout(writing);
    writing = setTimeout(writeAddress, 200);
  },
};

const views: readonly View[] = [
  new PlaneView(host),
  new PerceptronView(host),
  new LayersView(host),
  new RaceView(host),
  new DigitsView(host),
];
const NAMES: Record<TabName, string> = {
  plane: "Plane",
  perceptron: "Perceptron",
  layers: "Layers",
  optimizers: "Optimizers",
  digits: "Digits",
};

const hashOf = (view: View) => encode(view.tab, SCHEMAS[view.tab], view.settings);
/** What the address said when it was last read or written: a change by hand differs. */
let known = "";

function writeAddress(): void {
  if (current === undefined) return;
  known = `#${hashOf(current)}`;
  history.replaceState(null, "", known);
}

function open(tab: string): void {
  const next = views.find((v) => v.tab === tab) ?? views[0]!;
  current?.hide();
  current = next;
  tabs.select(next.tab);
  document.title = `${NAMES[next.tab]} – neurite playground`;
  next.show();
}

const tabs = new Tabs(
  views.map((v) => ({ name: v.tab, title: NAMES[v.tab], panel: v.element })),
  (tab) => {
    notice.hide();
    open(tab);
    writeAddress();
  },
);

/** Opens what the address asks for; one that is damaged leads to the defaults, and says so. */
function readAddress(): void {
  const { hash } = location;
  known = hash;
  let damage: string | undefined;
  let tab: string = views[0]!.tab;
  if (hash.length > 1)
    try {
      const link = decode(hash, SCHEMAS);
      tab = link.tab;
      views.find((v) => v.tab === tab)?.load(link.settings);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      for (const view of views) view.load(initialSettings(view.tab));
      damage = `This link cannot be followed: ${error.message} The playground starts with its defaults; ask for the link once more if you were sent one.`;
    }
  open(tab);
  if (damage !== undefined) notice.show(damage);
}

async function start(): Promise<void> {
  notice.hide();
  client.start();
  try {
    const { arithmetic, binary, threads, isolated } = await client.call("hello", undefined);
    const vector = binary === "relaxed" ? "relaxed SIMD" : "SIMD";
    const sums = { plain: "multiply, then add", fused: "fused multiply-add", unfused: "multiply-add unfused" }[arithmetic];
    runtime.textContent = `Computed in your browser, in a worker: WebAssembly ${vector} (${sums}), ${threads === 0 ? "one thread" : `${threads} threads`}, page ${isolated ? "isolated" : "not isolated, and need not be"}. Nothing leaves this page.`;
    if (current === undefined) readAddress();
    else current.show();
  } catch (error) {
    if (error instanceof GoneError) return;
    runtime.textContent = "not computing";
    notice.show((error as Error).message, { text: "Try again", press: start });
  }
}

async function share(): Promise<void> {
  writeAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    notice.show("The link to these settings is copied.", undefined, "good");
  } catch {
    notice.show("The address of this page is the link to these settings: copy it from the address bar.", undefined, "good");
  }
}

const theme = themeToggle(() => {
  forgetPalette();
  recolourCurves();
  redrawAll();
  for (const view of views) view.recolour?.();
});

document.getElementById("app")!.replaceChildren(
  el(
    "header",
    { class: "top" },
    el("div", { class: "brand" }, el("img", { src: "./icon.svg", alt: "", width: 28, height: 28 }), el("h1", {}, "neurite playground")),
    tabs.list,
    el(
      "div",
      { class: "tools" },
      button("Share", () => void share(), { class: "quiet" }),
      theme,
    ),
  ),
  notice.element,
  el("main", {}, ...tabs.panels),
  el("footer", {}, runtime),
);

addEventListener("hashchange", () => {
  if (location.hash !== known) readAddress();
});
void start();
