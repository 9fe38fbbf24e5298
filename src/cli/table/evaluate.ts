import { resolve } from "node:path";
import { score, TableModel } from "../../table/index";
import type { Command, Io } from "../command";
import { UsageError } from "../errors";
import { wholeOf } from "../numbers";
import { helpOf, type OptionSpecs, parseWords } from "../options";
import { DATA_OPTIONS, readTable } from "./data";
import { friendly } from "./errors";
import { scoresText } from "./report";

const OPTIONS = {
  samples: { value: "N", help: "draws of the bootstrap, 1000 unless told; 0: no intervals" },
  seed: { value: "N", help: "of the draws, 0 unless told" },
  json: { help: "print one JSON object" },
  help: { short: "h", help: "this text" },
  ...DATA_OPTIONS,
} as const satisfies OptionSpecs;

const HELP = `neurite evaluate MODEL DATA [OPTIONS]

Figures of a model on rows whose targets are known, with bootstrap intervals.

`;

async function run(args: readonly string[], io: Io): Promise<number> {
  const [s, [path, data]] = parseWords(args, OPTIONS, ["MODEL", "DATA"]);
  if (s.help) {
    io.out(`${HELP}${helpOf(OPTIONS)}\n`);
    return 0;
  }
  if (path === undefined || data === undefined)
    throw new UsageError("MODEL and DATA are needed: neurite evaluate model.safetensors rows.csv");
  const samples = wholeOf("samples", s.samples, 0) ?? 1000;
  const seed = wholeOf("seed", s.seed, 0) ?? 0;
  const model = await TableModel.load(resolve(io.cwd, path));
  try {
    const table = await readTable(resolve(io.cwd, data), s);
    const used = table.take(model.preprocessor.usable(table));
    const scores = await score(model, used, { samples, seed });
    io.out(s.json ? `${JSON.stringify(scores)}\n` : `${used.rows} of ${table.rows} rows\n${scoresText(scores)}\n`);
    return 0;
  } finally {
    model.dispose();
  }
}

export const command: Command = { run: friendly(run) };
