/** A weight between two units; the bias leads from unit 0, whose value is 1. */
export interface ExplainedWeight {
  from: number;
  to: number;
  /** The value of the unit it comes from. */
  input: number;
  value: number;
  /** dE/dw; absent where the weight is frozen. */
  gradient?: number;
  /** After the step, where a rate was given. */
  updated?: number;
}

export interface ExplainedUnit {
  /** Its number: the inputs have 1, 2, ..., then layer by layer. */
  unit: number;
  /** The weighted sum of its inputs. */
  net: number;
  /** What the next layer sees. */
  activation: number;
  /** The lecture's: -dE/dnet. */
  delta: number;
  /** dE/dnet. */
  gradient: number;
  /** The bias, where there is one, then a weight an input. */
  weights: ExplainedWeight[];
}

export interface ExplainedLayer {
  /** Path of the Linear. */
  path: string;
  /** The Linear and what stands between it and the next: "Linear, Sigmoid". */
  name: string;
  units: ExplainedUnit[];
}

/** A parameter that is no weight between units. */
export interface ExplainedParameter {
  name: string;
  value: number[];
  /** Absent where it is frozen. */
  gradient?: number[];
  updated?: number[];
}

/** What explain() tells: JSON, and a table as text. */
export interface Explanation {
  x: number[];
  y: number[];
  output: number[];
  loss: number;
  /** First layer first. */
  layers: ExplainedLayer[];
  others: ExplainedParameter[];
  lr?: number;
  /** Output and loss for the same example after the step, where a rate was given. */
  after?: { output: number[]; loss: number };
  /** The table, numbers to so many digits behind the point. Default 6. */
  toString(digits?: number): string;
}

/** Adds the text, where JSON and comparisons do not see it. */
export function withText(plain: Omit<Explanation, "toString">): Explanation {
  return Object.defineProperty(plain, "toString", { value: (digits?: number) => text(plain, digits) }) as Explanation;
}

/** Right-aligned columns under their heads, the last one to the left. */
function columns(table: readonly (readonly string[])[]): string[] {
  const last = table[0]!.length - 1;
  const widths = table[0]!.map((_, c) => Math.max(...table.map((row) => row[c]!.length)));
  return table.map((row) =>
    row
      .map((cell, c) => (c === last ? cell : cell.padStart(widths[c]!)))
      .join("  ")
      .trimEnd(),
  );
}

function text({ x, y, output, loss, layers, others, lr, after }: Omit<Explanation, "toString">, digits = 6): string {
  const show = (v: number | undefined) => (v === undefined ? "" : v.toFixed(digits));
  const list = (values: readonly number[]) => values.map(show).join(", ");
  const plain = (values: readonly number[]) => values.map((v) => Number(v.toPrecision(7))).join(", ");
  const forward = layers.flatMap(({ path, name, units }) =>
    units.map((u) => [String(u.unit), show(u.net), show(u.activation), `${path}: ${name}`]),
  );
  const back = [...layers].reverse().flatMap(({ units }) => units.map((u) => [String(u.unit), show(u.delta), show(u.gradient), ""]));
  const weights = layers.flatMap(({ units }) =>
    units.flatMap((u) =>
      u.weights.map((w) => [
        `w(${w.from},${w.to})`,
        show(w.value),
        show(w.input),
        w.gradient === undefined ? "frozen" : show(w.gradient),
        show(w.updated),
        "",
      ]),
    ),
  );
  const rest = others.flatMap((p) => [
    `${p.name}: ${list(p.value)}`,
    p.gradient === undefined ? "  frozen" : `  dE/dw ${list(p.gradient)}`,
    ...(p.updated === undefined ? [] : [`  new ${list(p.updated)}`]),
  ]);
  return [
    `x = (${plain(x)}), y = (${plain(y)}), output (${list(output)}), E = ${show(loss)}`,
    "",
    ...columns([["unit", "net", "activation", "layer"], ...forward]),
    "",
    ...columns([["unit", "delta = -dE/dnet", "dE/dnet", ""], ...back]),
    "",
    ...columns([["weight", "value", "input", "dE/dw", lr === undefined ? "" : `new, lr ${lr}`, ""], ...weights]),
    ...(rest.length === 0 ? [] : ["", ...rest]),
    ...(after === undefined ? [] : ["", `after the step: output (${list(after.output)}), E = ${show(after.loss)}`]),
  ].join("\n");
}
