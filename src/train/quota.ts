import { Allocator } from "../core/allocator";
import { QuotaError } from "../core/errors";
import type { Columns } from "../data/dataset";
import type { Module } from "../nn/module";
import type { Optimizer } from "../optim/optimizer";
import { feedBytes, type SourceMode } from "./feed";
import { whole } from "./options";

/** What takes memory, and what helps. */
const WAYS_OUT = {
  parameters: "take a smaller model",
  "optimizer state": "take an optimizer with less state, such as SGD, or a smaller model",
  shadow: "take a smaller model, or an optimizer with less state",
  data: 'pass source: "stream"',
  "validation data": 'pass source: "stream", or validate on fewer rows',
  activations: "take smaller batches (accumulate puts several into one update)",
  "step table": "raise it: the table has a row for each step of a slice",
} as const;

export type Part = keyof typeof WAYS_OUT;

const mb = (bytes: number) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** Counts the bytes of linear memory that a run will have in use, before they are taken. */
export class Quota {
  private readonly parts = new Map<Part, number>();

  constructor(private readonly most: number) {
    whole("fit: maxBytes", most);
  }

  private count(part: Part, blocks: readonly number[]): void {
    const bytes = blocks.reduce((sum, b) => sum + (b > 0 ? Allocator.rounded(b) : 0), this.parts.get(part) ?? 0);
    this.parts.set(part, bytes);
  }

  /** Throws QuotaError where it is too much with these. */
  add(part: Part, ...blocks: readonly number[]): void {
    this.count(part, blocks);
    const needed = [...this.parts.values()].reduce((a, b) => a + b, 0);
    if (needed <= this.most) return;
    const sorted = [...this.parts].filter(([, b]) => b > 0).sort((a, b) => b[1] - a[1]);
    const planned = this.parts.has("activations") ? "" : ", and what activations take";
    throw new QuotaError(
      `fit: this run needs ${needed} bytes of linear memory${planned}, maxBytes allows ${this.most}: ` +
        `${sorted.map(([name, b]) => `${name} ${mb(b)}`).join(", ")}. To need less, ${WAYS_OUT[sorted[0]![0]]}`,
      needed,
      this.most,
      Object.fromEntries(sorted),
    );
  }

  /** What a run of this model has, whatever the data. Throws nothing. */
  run(model: Module, ema: Module | undefined, optimizer: Optimizer, accumulate: number): void {
    const own = [model, ...(ema === undefined ? [] : [ema])].flatMap((m) => [...m.parameters(), ...m.namedBuffers().map(([, b]) => b)]);
    const sums = accumulate > 1 ? [...optimizer.parameters.map((p) => p.size), 1] : [];
    const [weights, state] = [own.map((t) => 4 * t.size), [...optimizer.stateSizes, ...sums].map((n) => 4 * n)];
    this.count("parameters", weights);
    this.count("optimizer state", state);
    // L-BFGS keeps its own
    this.count("shadow", [[...weights, ...(optimizer.search === undefined ? state : [])].reduce((a, b) => a + b, 0)]);
  }

  /** Told what a program's temporaries take. */
  readonly planned = (bytes: number): void => this.add("activations", bytes);

  columns(part: Part, columns: Columns, mode: SourceMode, batch: number): void {
    this.add(part, ...feedBytes(columns, mode, batch));
  }
}
