import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { costOf } from "../../index";
import {
  learnable,
  type PreprocessorNotes,
  score,
  stratifiedSplit,
  type Table,
  type TrainTableOptions,
  trainTable,
} from "../../table/index";
import type { Command, Io } from "../command";
import { CliError, UsageError } from "../errors";
import { numberOf, wholeOf, wordOf } from "../numbers";
import { helpOf, type OptionSpecs, parseWords, type Values } from "../options";
import { DATA_OPTIONS, list, readTable } from "./data";
import { friendly } from "./errors";
import { interruptible } from "./interrupt";
import { costText, counts, scoresText } from "./report";

const OPTIONS = {
  target: { value: "COLUMN", help: "the column to predict" },
  task: { value: "TASK", help: "classify or regress; by the target unless told" },
  above: { value: "N", help: "make two classes of a target of numbers: whether it is above N" },
  out: { value: "FILE", help: "where the model goes, model.safetensors unless told" },
  skip: { value: "A,B", help: "columns not to learn from" },
  hidden: { value: "32,16", help: "units of the hidden layers; 0 is logistic or linear regression" },
  activation: { value: "NAME", help: "relu unless told" },
  "batch-norm": { help: "batch normalisation in every hidden layer" },
  dropout: { value: "P", help: "share dropped behind every hidden layer" },
  optimizer: { value: "TYPE", help: "adamw unless told; sgd, momentum, nag, adagrad, adadelta, rmsprop, adam, ..." },
  lr: { value: "RATE", help: "0.001 unless told" },
  "weight-decay": { value: "W", help: "0.01 unless told" },
  epochs: { value: "N", help: "most passes over the rows, 500 unless told" },
  "batch-size": { value: "N", help: "rows of a step" },
  patience: { value: "N", help: "epochs without improvement that end the run, 30 unless told" },
  validation: { value: "SHARE", help: "share of the rows that early stopping looks at, 0.15 unless told" },
  test: { value: "SHARE", help: "share of the rows held out for the figures at the end, 0.2 unless told; 0: none" },
  balanced: { help: "weigh every class the same" },
  scale: { value: "HOW", help: "standard, minmax, robust or none" },
  encoding: { value: "HOW", help: "of classes: oneHot or ordinal" },
  missing: { value: "HOW", help: "impute (fill in) or drop (leave rows out)" },
  indicators: { help: "an input more for each column of numbers that has missing cells" },
  seed: { value: "N", help: "0 unless told: the same seed gives the same model" },
  watts: { value: "W", help: "of a busy core, for the estimate of energy; 15 unless told" },
  resume: { help: "go on where Ctrl-C ended the run" },
  json: { help: "print one JSON object at the end, and nothing else" },
  help: { short: "h", help: "this text" },
  ...DATA_OPTIONS,
} as const satisfies OptionSpecs;
type Settings = Values<typeof OPTIONS>;

const HELP = `neurite train DATA --target COLUMN [OPTIONS]

Learns to predict a column from the others. DATA: rows with delimiters (.csv, .tsv, ...) or JSON lines (.jsonl), gzip or not. Numbers are scaled, classes encoded,
missing cells filled in; all of that is saved with the model and done again when it predicts.
Exit code: 0 fine, 2 an error, 130 ended by Ctrl-C.

`;

function optionsOf(s: Settings): TrainTableOptions {
  const target = s.target;
  if (target === undefined) throw new UsageError("--target COLUMN is needed: which column is to be predicted?");
  const hidden = list(s.hidden)
    ?.map((text) => wholeOf("hidden", text, 0)!)
    .filter((n) => n > 0);
  const optimizer = { type: s.optimizer ?? "adamw", lr: numberOf("lr", s.lr, 0, Infinity) ?? 1e-3 };
  const decay = numberOf("weight-decay", s["weight-decay"], 0, Infinity) ?? (s.optimizer === undefined ? 1e-2 : undefined);
  const all = {
    target,
    task: wordOf("task", s.task, ["classify", "regress"]),
    above: numberOf("above", s.above, -Infinity, Infinity),
    skip: list(s.skip),
    hidden,
    activation: s.activation,
    batchNorm: s["batch-norm"],
    dropout: numberOf("dropout", s.dropout, 0, 0.99),
    optimizer: { ...optimizer, ...(decay !== undefined && { weightDecay: decay }) },
    epochs: wholeOf("epochs", s.epochs),
    batchSize: wholeOf("batch-size", s["batch-size"]),
    patience: wholeOf("patience", s.patience),
    validation: numberOf("validation", s.validation, 0, 0.9),
    weights: s.balanced ? "balanced" : "none",
    scale: wordOf("scale", s.scale, ["standard", "minmax", "robust", "none"]),
    encoding: wordOf("encoding", s.encoding, ["oneHot", "ordinal"]),
    missing: wordOf("missing", s.missing, ["impute", "drop"]),
    indicators: s.indicators,
    seed: wholeOf("seed", s.seed, 0) ?? 0,
  };
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as unknown as TrainTableOptions;
}

/** Rows to learn from and rows held out. */
function holdOut(
  table: Table,
  options: TrainTableOptions,
  share: number,
): { train: Table; test: Table | undefined; notes: PreprocessorNotes | undefined } {
  const { probe, rows, strata } = learnable(table, options);
  if (share === 0) return { train: rows, test: undefined, notes: probe.notes };
  const [train, test] = stratifiedSplit(rows.rows, [1 - share, share], { seed: options.seed ?? 0, ...strata });
  if (test!.length === 0) throw new CliError(`${rows.rows} rows are too few to hold ${share} of them out; pass --test 0`);
  return { train: rows.take(train!), test: rows.take(test!), notes: probe.notes };
}

async function train(args: readonly string[], io: Io): Promise<number> {
  const [s, [path]] = parseWords(args, OPTIONS, ["DATA"]);
  if (s.help) {
    io.out(`${HELP}${helpOf(OPTIONS)}\n`);
    return 0;
  }
  if (path === undefined) throw new UsageError("DATA is missing: neurite train rows.csv --target COLUMN");
  const options = optionsOf(s);
  const watts = numberOf("watts", s.watts, 0.001, 1e6);
  const share = numberOf("test", s.test, 0, 0.9) ?? 0.2;
  const out = resolve(io.cwd, s.out ?? "model.safetensors");
  const checkpoint = `${out}.checkpoint`;
  const say = (text: string) => s.json || io.out(`${text}\n`);
  const table = await readTable(resolve(io.cwd, path), s);
  const { train: rows, test, notes } = holdOut(table, options, share);
  say(
    `${table.rows} rows${notes!.dropped > 0 ? `, ${notes!.dropped} left out` : ""}; ${rows.rows} to learn from, ${test?.rows ?? 0} held out`,
  );
  if (Object.keys(notes!.missing).length > 0) say(`missing cells: ${counts(notes!.missing)}`);
  if (notes!.leftOut.length > 0) say(`left out, being text: ${notes!.leftOut.join(", ")}`);

  const { result, interrupted } = await interruptible((signal) =>
    trainTable(rows, {
      ...options,
      fit: {
        signal,
        checkpoint: { path: checkpoint, every: { seconds: 20 } },
        resume: s.resume,
        callbacks: [
          {
            onEpochEnd: (e) =>
              io.progress(
                `epoch ${e.epoch}  loss ${e.loss.toFixed(4)}${e.validation === undefined ? "" : `  validation ${e.validation.loss!.toFixed(4)}`}`,
              ),
          },
        ],
      },
    }),
  );
  io.progress("");
  if (interrupted) {
    io.err(`ended after epoch ${result.history.epochs.length}; the same command with --resume goes on from ${checkpoint}\n`);
    result.model.dispose();
    return 130;
  }
  await result.model.save(out);
  await rm(checkpoint, { force: true });
  const scores = test === undefined ? undefined : await score(result.model, test, { seed: options.seed ?? 0 });
  const cost = costOf(result.history, watts === undefined ? {} : { watts });
  const { target, inputs } = result.model.preprocessor;
  const { epochs, stopped, reason } = result.history;
  result.model.dispose();
  if (s.json) {
    const { figures, intervals, confusion } = scores ?? {};
    const report = {
      task: target.task,
      target: target.name,
      ...(target.task === "classify" ? { classes: target.classes } : {}),
      rows: { all: table.rows, dropped: notes!.dropped, ...result.rows, test: test?.rows ?? 0 },
      missing: notes!.missing,
      inputs: inputs.length,
      epochs: epochs.length,
      stopped: reason ?? stopped,
      metrics: figures ?? null,
      intervals: intervals ?? null,
      confusion: confusion ?? null,
      cost,
      model: out,
    };
    io.out(`${JSON.stringify(report)}\n`);
    return 0;
  }
  say(`${inputs.length} inputs, ${epochs.length} epochs; ${reason ?? stopped}`);
  if (scores !== undefined) say(`\non the ${scores.rows} rows held out:\n${scoresText(scores)}\n`);
  say(`${out} (${costText(cost)})`);
  return 0;
}

export const command: Command = { run: friendly(train) };
