type Child = Node | string | undefined;

export interface Props {
  class?: string;
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
  [attribute: string]: unknown;
}

/** An element with attributes and children; undefined children and attributes are left out, true writes an empty attribute. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (name === "on") for (const [event, f] of Object.entries(value as Record<string, EventListener>)) element.addEventListener(event, f);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

let ids = 0;
export const uniqueId = (what: string) => `${what}-${++ids}`;

export const button = (text: string, press: () => void, props: Props = {}) =>
  el("button", { type: "button", ...props, on: { click: press } }, text);

/** A part of the page with a heading. */
export function card(title: string, props: Props, ...children: Child[]): HTMLElement {
  const id = uniqueId("card");
  return el("section", { ...props, class: `card ${props.class ?? ""}`, "aria-labelledby": id }, el("h2", { id }, title), ...children);
}

export const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;
export const count = (n: number) => Math.round(n).toLocaleString("en");

/** A few digits that matter, without trailing zeros. */
export const short = (v: number) =>
  Math.abs(v) >= 1e5 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(1) : String(Number(v.toPrecision(3)));

/** Resolves when the next picture is about to be drawn; a page in the background goes on slowly. */
export const nextFrame = () =>
  new Promise<void>((resolve) => {
    if (document.hidden) setTimeout(resolve, 100);
    else requestAnimationFrame(() => resolve());
  });

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
