/**
 * npm run example:tables -- FOLDER
 * A network beside logistic or linear regression on every table that is found in the folder: 5-fold cross-validation, the same defaults for all.
 */
import { crossValidate, type TrainTableOptions } from "neurite/table";
import { tasksIn } from "./data";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("npm run example:tables -- FOLDER (with heart/, sklearn/ and tabular/)");
  process.exit(2);
}
console.log("| table | rows | figure | regression (95 %) | network 32-16 (95 %) | s |\n| --- | --- | --- | --- | --- | --- |");
for (const { name, table: read, target, above, task } of tasksIn(folder)) {
  const table = await read();
  const options: TrainTableOptions = {
    target,
    optimizer: { type: "adamw", lr: 3e-3, weightDecay: 0.05 },
    ...(above !== undefined && { above }),
    ...(task && { task }),
  };
  const start = performance.now();
  const cells: string[] = [];
  let figure = "";
  for (const hidden of [[], [32, 16]]) {
    const { figures, intervals, task: kind } = await crossValidate(table, { ...options, hidden }, { folds: 5, samples: 300 });
    figure = kind === "classify" ? "accuracy" : "r2";
    const i = intervals[figure]!;
    cells.push(`${figures[figure]!.toFixed(3)} (${i.low.toFixed(3)} to ${i.high.toFixed(3)})`);
  }
  console.log(`| ${[name, table.rows, figure, ...cells, ((performance.now() - start) / 1000).toFixed(1)].join(" | ")} |`);
}
