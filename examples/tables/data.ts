import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ColumnType, readCsv, type Table } from "neurite/table";

/** A data set and what is to be learnt of it. */
export interface Task {
  readonly name: string;
  readonly table: () => Promise<Table>;
  readonly target: string;
  readonly above?: number;
  readonly task?: "classify" | "regress";
}

const numbered = (n: number, last: string) => [...Array.from({ length: n - 1 }, (_, k) => `x${k + 1}`), last];

export const HEART_COLUMNS = [
  "age",
  "sex",
  "cp",
  "trestbps",
  "chol",
  "fbs",
  "restecg",
  "thalach",
  "exang",
  "oldpeak",
  "slope",
  "ca",
  "thal",
  "diagnosis",
];
const CODES = ["sex", "cp", "restecg", "exang", "slope", "thal"];

/** UCI heart disease, Cleveland (Janosi, Steinbrunn, Pfisterer, Detrano): 13 columns, codes of kinds as classes; the diagnosis goes from 0, absent, to 4. */
export const readHeart = (file: string): Promise<Table> =>
  readCsv(file, {
    columns: HEART_COLUMNS,
    header: false,
    types: Object.fromEntries(CODES.map((name): [string, ColumnType] => [name, "category"])),
  });

/** The tables that are found in a folder with the files of scikit-learn and of UCI. */
export function tasksIn(folder: string): Task[] {
  const csv = (path: string, columns: number, limit?: number) => () =>
    readCsv(join(folder, path), { columns: numbered(columns, "y"), ...(limit && { limit }) });
  /** scikit-learn's first line has sizes and names of classes. */
  const bundled = (path: string, columns: number) => () =>
    readCsv(withoutFirstLine(join(folder, path)), { columns: numbered(columns, "y"), header: false });
  const all: (Task & { readonly file: string })[] = [
    {
      name: "heart disease",
      file: "heart/processed.cleveland.data",
      table: () => readHeart(join(folder, "heart/processed.cleveland.data")),
      target: "diagnosis",
      above: 0,
    },
    {
      name: "breast cancer",
      file: "sklearn/breast_cancer.csv",
      table: bundled("sklearn/breast_cancer.csv", 31),
      target: "y",
      task: "classify",
    },
    { name: "iris", file: "sklearn/iris.csv", table: bundled("sklearn/iris.csv", 5), target: "y", task: "classify" },
    { name: "digits", file: "sklearn/digits.csv.gz", table: csv("sklearn/digits.csv.gz", 65), target: "y", task: "classify" },
    {
      name: "pima diabetes",
      file: "tabular/pima-indians-diabetes.csv",
      table: csv("tabular/pima-indians-diabetes.csv", 9),
      target: "y",
      task: "classify",
    },
    {
      name: "banknotes",
      file: "tabular/banknote_authentication.csv",
      table: csv("tabular/banknote_authentication.csv", 5),
      target: "y",
      task: "classify",
    },
    { name: "diabetes", file: "sklearn/diabetes_data_raw.csv.gz", table: () => diabetes(folder), target: "y", task: "regress" },
    {
      name: "red wine quality",
      file: "tabular/winequality-red.csv",
      table: csv("tabular/winequality-red.csv", 12),
      target: "y",
      task: "regress",
    },
  ];
  return all.filter(({ file }) => existsSync(join(folder, file)));
}

async function* withoutFirstLine(path: string): AsyncGenerator<string> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(path, "utf8");
  yield text.slice(text.indexOf("\n") + 1);
}

/** Inputs and target stand in files of their own. */
async function diabetes(folder: string): Promise<Table> {
  const names = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];
  const x = await readCsv(join(folder, "sklearn/diabetes_data_raw.csv.gz"), { columns: names, delimiter: " ", types: { sex: "category" } });
  const y = await readCsv(join(folder, "sklearn/diabetes_target.csv.gz"), { columns: ["y"], delimiter: "," });
  return x.with(y.column("y"));
}
