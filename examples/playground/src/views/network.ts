import { type LayerWeights, type PlaneFrame, REACH, UNIT_GRID } from "../shared/messages";
import { el, short } from "./dom";
import { css, heatmap, palette } from "./palette";
import { Picture } from "./picture";

interface Node {
  x: number;
  y: number;
  size: number;
}

interface Edge {
  from: Node;
  to: Node;
  weight: number;
  name: string;
}

const at = (k: number) => REACH * ((2 * (k + 0.5)) / UNIT_GRID - 1);
/** What the two inputs are at each cell. */
const INPUTS = [
  Float32Array.from({ length: UNIT_GRID ** 2 }, (_, k) => at(k % UNIT_GRID)),
  Float32Array.from({ length: UNIT_GRID ** 2 }, (_, k) => -at(Math.floor(k / UNIT_GRID))),
];

/** The network as a picture: what each unit answers at each place of the plane, and the weights between. */
export class NetworkPicture {
  readonly picture: Picture;
  /** Says what is under the pointer. */
  readonly caption = el("p", { class: "caption", "aria-live": "off" });
  private frame: PlaneFrame | undefined;
  private layers: readonly number[] = [];
  private edges: Edge[] = [];

  constructor() {
    this.picture = new Picture("The network", (g, w, h) => this.draw(g, w, h), { class: "network" });
    this.picture.canvas.addEventListener("pointermove", (e) => this.point(e.offsetX, e.offsetY));
    this.picture.canvas.addEventListener("pointerleave", () => this.hint());
    this.hint();
  }

  private hint(): void {
    this.caption.textContent =
      "Lines are weights: the wider, the larger; blue above 0, orange dashed below. Tiles show what a unit answers at each place.";
  }

  show(layers: readonly number[], frame: PlaneFrame): void {
    this.layers = layers;
    this.frame = frame;
    const shape = ["2 inputs", ...layers.map((n, k) => `hidden layer ${k + 1} of ${n} units`), "1 output"];
    this.picture.describe(`The network: ${shape.join(", ")}. Its weights are in the table below.`);
    this.picture.redraw();
  }

  private places(width: number, height: number): Node[][] {
    const counts = [2, ...this.layers, 1];
    const most = Math.max(...counts);
    const size = Math.max(9, Math.min(38, (height - 12) / most - 5, (width / counts.length) * 0.55));
    const gap = Math.min((height - 8) / most, size + 14);
    return counts.map((n, layer) => {
      const x = size / 2 + 4 + ((width - size - 8) * layer) / (counts.length - 1);
      return Array.from({ length: n }, (_, k) => ({ x, y: height / 2 + (k - (n - 1) / 2) * gap, size }));
    });
  }

  private draw(g: CanvasRenderingContext2D, width: number, height: number): void {
    const { frame } = this;
    if (frame === undefined) return;
    const p = palette();
    const nodes = this.places(width, height);
    this.edges = frame.weights.flatMap(({ weight }, layer) => {
      const [from, to] = [nodes[layer]!, nodes[layer + 1]!];
      return [...weight].map((w, k) => ({
        from: from[k % from.length]!,
        to: to[Math.floor(k / from.length)]!,
        weight: w,
        name: nameOf(k, layer, from.length, frame.weights.length),
      }));
    });
    g.lineCap = "round";
    for (const { from, to, weight } of this.edges) {
      const strength = Math.abs(weight) / (0.6 + Math.abs(weight));
      g.strokeStyle = css(weight < 0 ? p.a : p.b, 0.12 + 0.8 * strength);
      g.lineWidth = 0.4 + 5.5 * strength ** 1.5;
      g.setLineDash(weight < 0 ? [5, 5 + g.lineWidth] : []);
      const [x0, x1] = [from.x + from.size / 2, to.x - to.size / 2];
      g.beginPath();
      g.moveTo(x0, from.y);
      g.bezierCurveTo((x0 + x1) / 2, from.y, (x0 + x1) / 2, to.y, x1, to.y);
      g.stroke();
    }
    g.setLineDash([]);
    const values = [...INPUTS, ...frame.units];
    let k = 0;
    for (const [layer, column] of nodes.entries())
      for (const node of column) {
        const output = layer === nodes.length - 1;
        const map = output ? heatmap((c) => Math.tanh(coarse(frame.region, c) / 2), UNIT_GRID, p, 0.85) : tile(values[k++]!, layer === 0);
        this.tile(g, node, map);
      }
  }

  private tile(g: CanvasRenderingContext2D, { x, y, size }: Node, map: HTMLCanvasElement): void {
    const p = palette();
    const [left, top] = [x - size / 2, y - size / 2];
    g.save();
    g.beginPath();
    g.roundRect(left, top, size, size, Math.min(7, size / 4));
    g.clip();
    g.drawImage(map, left, top, size, size);
    g.restore();
    g.lineWidth = 1.5;
    g.strokeStyle = css(p.ink, 0.55);
    g.beginPath();
    g.roundRect(left, top, size, size, Math.min(7, size / 4));
    g.stroke();
  }

  /** Names the weight nearest to the pointer. */
  private point(x: number, y: number): void {
    let best: Edge | undefined;
    let least = 14;
    for (const edge of this.edges) {
      const { from, to } = edge;
      const t = (x - from.x) / (to.x - from.x);
      if (t < 0 || t > 1) continue;
      const s = t * t * (3 - 2 * t);
      const d = Math.abs(from.y + (to.y - from.y) * s - y);
      if (d < least) [best, least] = [edge, d];
    }
    if (best === undefined) this.hint();
    else this.caption.textContent = `${best.name}: ${short(best.weight)}`;
  }
}

/** A cell of the coarse grid in the fine one. */
function coarse(region: Float32Array, cell: number): number {
  const fine = Math.sqrt(region.length);
  const place = (v: number) => Math.floor(((v + 0.5) * fine) / UNIT_GRID);
  return region[place(Math.floor(cell / UNIT_GRID)) * fine + place(cell % UNIT_GRID)]!;
}

/** Values of a unit around their middle, as far as they go; the inputs as they are. */
function tile(values: Float32Array, input: boolean): HTMLCanvasElement {
  let most = 1e-6;
  for (const v of values) most = Math.max(most, Math.abs(v));
  return heatmap((k) => (input ? values[k]! / REACH : values[k]! / most), UNIT_GRID, palette(), 0.85);
}

const unitName = (layer: number, k: number, layers: number) =>
  layer === 0 ? `input x${k + 1}` : layer === layers ? "the output" : `unit ${k + 1} of layer ${layer}`;
const nameOf = (k: number, layer: number, inputs: number, layers: number) =>
  `Weight from ${unitName(layer, k % inputs, layers)} to ${unitName(layer + 1, Math.floor(k / inputs), layers)}`;

/** All weights as a table, for reading. */
export function weightTable(weights: readonly LayerWeights[]): HTMLElement {
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...["to", "bias", "weights"].map((t) => el("th", { scope: "col" }, t)))));
  const body = table.appendChild(el("tbody"));
  for (const [layer, { weight, bias }] of weights.entries()) {
    const inputs = weight.length / bias.length;
    for (const [k, b] of bias.entries()) {
      const row = [...weight.subarray(k * inputs, (k + 1) * inputs)].map((w) => w.toFixed(2)).join("  ");
      body.append(
        el("tr", {}, el("th", { scope: "row" }, unitName(layer + 1, k, weights.length)), el("td", {}, b.toFixed(2)), el("td", {}, row)),
      );
    }
  }
  return table;
}
