import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { load, type Module, predictor, readSafetensors } from "../../index";
import { TableModel } from "../../table/index";
import type { Command, Io } from "../command";
import { CliError, UsageError } from "../errors";
import { short, wholeOf } from "../numbers";
import { helpOf, type OptionSpecs, parseWords } from "../options";
import { friendly } from "./errors";

const OPTIONS = {
  program: { help: "list the instructions of a forward pass" },
  inputs: { value: "N", help: "inputs of a row, where the model does not say" },
  help: { short: "h", help: "this text" },
} as const satisfies OptionSpecs;

const HELP = `neurite inspect MODEL [OPTIONS]

What is in a file: layers, parameters, preprocessing, and the program of a forward pass.

`;

function preprocessing({ preprocessor: { config, inputs } }: TableModel): string {
  const { target, features } = config;
  const lines = features.map((f) => {
    if (f.type === "number")
      return `  ${f.name}: (x - ${short(f.center)}) / ${short(f.scale)}; missing: ${short(f.fill)}${f.indicator ? ", and an input that says so" : ""}`;
    return `  ${f.name}: ${f.encoding} of ${f.levels.join(", ")}; missing: ${f.levels[f.fill]}`;
  });
  const to =
    target.task === "classify" ? `one of ${target.classes.join(", ")}` : `a number, ${short(target.scale)} x + ${short(target.center)}`;
  return `${features.length} columns become ${inputs.length} inputs:\n${lines.join("\n")}\n${target.name}: ${to}`;
}

function listing(model: Module, inputs: number): string {
  const f = predictor(model);
  f(new Float32Array(inputs));
  const text = String(f.program);
  f.dispose();
  return text;
}

async function run(args: readonly string[], io: Io): Promise<number> {
  const [s, [path]] = parseWords(args, OPTIONS, ["MODEL"]);
  if (s.help) {
    io.out(`${HELP}${helpOf(OPTIONS)}\n`);
    return 0;
  }
  if (path === undefined) throw new UsageError("MODEL is missing: neurite inspect model.safetensors");
  const name = resolve(io.cwd, path);
  const bytes = await readFile(name).catch((cause: Error) => {
    throw new CliError(`cannot read ${name}: ${cause.message}`, { cause });
  });
  const isTable = "neurite.table" in readSafetensors(bytes, { name }).metadata;
  const table = isTable ? TableModel.fromBytes(bytes, name) : undefined;
  const model = table?.module ?? load(bytes, { name });
  try {
    if (table !== undefined) io.out(`${preprocessing(table)}\n\n`);
    io.out(`${model.summary()}\n`);
    const inputs = table?.preprocessor.inputs.length ?? wholeOf("inputs", s.inputs);
    if (s.program && inputs === undefined) throw new UsageError("--program needs --inputs N: the file does not say how many a row has");
    if (s.program) io.out(`\n${listing(model, inputs!)}\n`);
    return 0;
  } finally {
    model.dispose();
  }
}

export const command: Command = { run: friendly(run) };
