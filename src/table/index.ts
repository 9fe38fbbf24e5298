/** Tables: reading, preprocessing, training on them, and scores. */
export {
  type CategoryColumn,
  type ColumnType,
  type InferOptions,
  MISSING,
  type NumberColumn,
  type TableColumn,
  type TextColumn,
} from "./columns";
export { type CsvOptions, readCsv } from "./csv";
export type { CategoryFeature, Feature, FeatureOptions, NumberFeature, Told } from "./features";
export { readJsonLines } from "./jsonl";
export { type ClassPredictions, type NumberPredictions, type Predictions, TableModel } from "./model";
export {
  type Encoded,
  learnable,
  Preprocessor,
  type PreprocessorConfig,
  type PreprocessorNotes,
  type PreprocessorOptions,
} from "./preprocessor";
export type { Scaling } from "./scale";
export { type ScoreOptions, type Scores, score } from "./score";
export type { TextSource } from "./source";
export { balancedWeights, kFold, type StratifyOptions, stratifiedSplit } from "./split";
export { type Cell, type RowRecord, Table } from "./table";
export type { ClassTarget, NumberTarget, Target, TargetOptions, Task } from "./target";
export { type TrainedTable, type TrainTableOptions, trainTable } from "./train";
export { type CrossValidation, crossValidate } from "./validate";
