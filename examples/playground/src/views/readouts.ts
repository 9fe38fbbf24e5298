import { el } from "./dom";

/** Figures with their names. `show` takes their values in order. */
export function readouts(...names: string[]): { element: HTMLElement; show(...values: string[]): void } {
  const values = names.map((name) => el("dd", { "data-figure": name }, "–"));
  const element = el("dl", { class: "readouts" }, ...names.map((name, k) => el("div", {}, el("dt", {}, name), values[k])));
  return {
    element,
    show(...texts) {
      for (const [k, text] of texts.entries()) if (values[k]!.textContent !== text) values[k]!.textContent = text;
    },
  };
}
