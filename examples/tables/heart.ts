/**
 * npm run example:heart -- FILE [PATIENT]
 * Heart disease, present or absent, from 13 columns of the Cleveland data: 10 x 10-fold cross-validation of a small network and of logistic regression, then a new patient.
 */
import { crossValidate, Table, type TrainTableOptions, trainTable } from "neurite/table";
import { HEART_COLUMNS, readHeart } from "./data";

const [file, patient = "67,1,4,120,229,0,2,129,1,2.6,2,2,7"] = process.argv.slice(2);
if (file === undefined) {
  console.error("npm run example:heart -- path/to/processed.cleveland.data [67,1,4,120,229,0,2,129,1,2.6,2,2,7]");
  process.exit(2);
}
const table = await readHeart(file);
const missing = Object.entries(table.missing()).map(([name, n]) => `${name} ${n}`);
console.log(`${table.rows} patients; missing and filled in: ${missing.join(", ")}`);

const common: TrainTableOptions = { target: "diagnosis", above: 0, optimizer: { type: "adamw", lr: 3e-3, weightDecay: 0.1 } };
const models: [string, TrainTableOptions][] = [
  ["logistic regression", { ...common, hidden: [] }],
  ["network 13-16-2", { ...common, hidden: [16] }],
];
const percent = (v: number) => `${(100 * v).toFixed(1)} %`;
console.log("\n10 x 10-fold cross-validation     accuracy (95 %)              ROC AUC (95 %)");
for (const [name, options] of models) {
  const { figures, intervals } = await crossValidate(table, options, { repeats: 10, samples: 500 });
  const [a, u] = [intervals.accuracy!, intervals.rocAuc!];
  console.log(
    `${name.padEnd(32)}  ${percent(figures.accuracy!)} (${percent(a.low)} to ${percent(a.high)})   ${figures.rocAuc!.toFixed(3)} (${u.low.toFixed(3)} to ${u.high.toFixed(3)})`,
  );
}

const { model } = await trainTable(table, models[1]![1]);
const cells = patient.split(",");
const row = Object.fromEntries(HEART_COLUMNS.slice(0, -1).map((name, k) => [name, cells[k] === "?" ? null : cells[k]]));
const prediction = await model.predict(Table.from([row], { types: { sex: "category" } }));
if (prediction.task === "classify")
  console.log(`\nnew patient ${patient}: disease present with a probability of ${percent(prediction.probabilities[1]!)}`);
model.dispose();
