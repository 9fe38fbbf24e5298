import { LEVELS, SIDE } from "../shared/digits";
import type { DigitsEpoch } from "../shared/messages";
import { count, el, percent } from "./dom";
import { css, diverging, palette } from "./palette";
import { Picture } from "./picture";

/** A digit as a small picture, dark on light or the other way round as the theme has it. */
export function digitImage(pixels: ArrayLike<number>, label: string, most = LEVELS): HTMLCanvasElement {
  const picture = new Picture(
    label,
    (g, size) => {
      const p = palette();
      const small = document.createElement("canvas");
      small.width = small.height = SIDE;
      const s = small.getContext("2d")!;
      const image = s.createImageData(SIDE, SIDE);
      for (let k = 0; k < SIDE * SIDE; k++) image.data.set([...p.ink, (255 * pixels[k]!) / most], 4 * k);
      s.putImageData(image, 0, 0);
      g.imageSmoothingEnabled = size > 2 * SIDE;
      g.drawImage(small, 0, 0, size, size);
    },
    { class: "digit" },
  );
  return picture.canvas;
}

/** Who was taken for whom, as a table whose cells are coloured: blue where right, orange where not. */
export class Confusion {
  readonly element = el("table", { class: "confusion" });
  private matrix: number[][] = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));

  constructor() {
    this.show(this.matrix);
  }

  show(matrix: number[][]): void {
    this.matrix = matrix;
    const head = el(
      "tr",
      {},
      el("th", { scope: "col" }, "is \\ taken for"),
      ...matrix.map((_, k) => el("th", { scope: "col" }, String(k))),
    );
    const rows = matrix.map((row, k) =>
      el("tr", {}, el("th", { scope: "row" }, String(k)), ...row.map((n, j) => this.cell(n, k === j, row))),
    );
    this.element.replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows));
  }

  private cell(n: number, right: boolean, row: readonly number[]): HTMLElement {
    const cell = el("td", {}, n === 0 ? "·" : String(n));
    const all = row.reduce((a, b) => a + b, 0);
    if (n > 0) cell.style.backgroundColor = css(diverging(right ? n / all : -Math.min(1, (8 * n) / all), palette(), 0.5));
    return cell;
  }

  recolour(): void {
    this.show(this.matrix);
  }
}

/** Ten bars: how likely each digit is. */
export class Probabilities {
  readonly element = el("ol", { class: "bars", start: 0, "aria-label": "Probability of each digit" });
  readonly best = el("p", { class: "best", role: "status" });
  private readonly rows = Array.from({ length: 10 }, (_, k) => {
    const bar = el("span", { class: "bar-fill" });
    const text = el("span", { class: "bar-text" }, "–");
    this.element.append(el("li", {}, el("span", { class: "bar-label" }, String(k)), el("span", { class: "bar-track" }, bar), text));
    return { bar, text };
  });

  show(probabilities: Float32Array | undefined): void {
    const most = probabilities === undefined ? -1 : probabilities.indexOf(Math.max(...probabilities));
    for (const [k, { bar, text }] of this.rows.entries()) {
      const p = probabilities?.[k] ?? 0;
      bar.style.width = `${100 * p}%`;
      bar.parentElement!.parentElement!.classList.toggle("most", k === most);
      text.textContent = probabilities === undefined ? "–" : percent(p, 0);
    }
    this.best.textContent = probabilities === undefined ? "" : `It reads a ${most}, ${percent(probabilities[most]!, 0)} sure.`;
  }
}

/** The mistakes it is most sure of. */
export function wrongExamples({ wrong, test }: DigitsEpoch, images: number): HTMLElement[] {
  const missed = Math.round((1 - test.accuracy) * images);
  const list = el("ul", { class: "wrong" });
  for (const { label, guess, confidence, pixels } of wrong)
    list.append(
      el(
        "li",
        {},
        digitImage(pixels, `A ${label}`),
        el("span", {}, `${label} → ${guess}`),
        el("span", { class: "caption" }, percent(confidence, 0)),
      ),
    );
  return [el("p", { class: "caption" }, `${count(missed)} of ${count(images)} test images are wrong; those it was most sure of:`), list];
}
