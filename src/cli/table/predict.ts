import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Predictions, TableModel, type TextSource } from "../../table/index";
import type { Command, Io } from "../command";
import { UsageError } from "../errors";
import { helpOf, type OptionSpecs, parseWords } from "../options";
import { DATA_OPTIONS, readTable } from "./data";
import { friendly } from "./errors";
import { counts } from "./report";

const OPTIONS = {
  out: { value: "FILE", help: "where predictions go; the output unless told" },
  json: { help: "JSON lines in place of CSV" },
  help: { short: "h", help: "this text" },
  ...DATA_OPTIONS,
} as const satisfies OptionSpecs;

const HELP = `neurite predict MODEL [ROWS] [OPTIONS]

A prediction for each row of a file, or of the input: classes with their probabilities, or numbers, as CSV with a header. Rows without a header have the columns of
training in their order; the target may be missing.

`;

/** A line for each row, and a head. */
export function* lines(p: Predictions, json: boolean): Generator<string> {
  const round = (v: number) => Number(v.toPrecision(6));
  const quote = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  if (p.task === "regress") {
    if (!json) yield "prediction";
    for (const v of p.values) yield json ? JSON.stringify({ prediction: round(v) }) : String(round(v));
    return;
  }
  const { classes, labels, probabilities } = p;
  if (!json) yield ["prediction", ...classes.map((c) => `probability of ${c}`)].map(quote).join(",");
  for (const [r, label] of labels.entries()) {
    const row = Array.from(probabilities.subarray(r * classes.length, (r + 1) * classes.length), round);
    yield json
      ? JSON.stringify({ prediction: classes[label], probabilities: Object.fromEntries(classes.map((c, k) => [c, row[k]])) })
      : [quote(classes[label]!), ...row].join(",");
  }
}

async function run(args: readonly string[], io: Io): Promise<number> {
  const [s, [path, data]] = parseWords(args, OPTIONS, ["MODEL", "ROWS"]);
  if (s.help) {
    io.out(`${HELP}${helpOf(OPTIONS)}\n`);
    return 0;
  }
  if (path === undefined) throw new UsageError("MODEL is missing: neurite predict model.safetensors rows.csv");
  const model = await TableModel.load(resolve(io.cwd, path));
  try {
    const { features, target } = model.preprocessor.config;
    const source: TextSource = data === undefined || data === "-" ? process.stdin : resolve(io.cwd, data);
    const table = await readTable(source, s);
    // without a header columns are called 0, 1, ...
    const plain = table.names.every((name, k) => name === String(k));
    const names = features.map((f) => f.name);
    const named = plain ? table.renamed(table.names.length === names.length ? names : [...names, target.name]) : table;
    const predictions = await model.predict(named);
    const text = `${[...lines(predictions, s.json)].join("\n")}\n`;
    if (s.out === undefined) io.out(text);
    else await writeFile(resolve(io.cwd, s.out), text);
    const { filled, unknown } = predictions.told;
    if (Object.keys(filled).length > 0) io.err(`missing cells filled in: ${counts(filled)}\n`);
    if (Object.keys(unknown).length > 0) io.err(`classes never seen in training: ${counts(unknown)}\n`);
    return 0;
  } finally {
    model.dispose();
  }
}

export const command: Command = { run: friendly(run) };
