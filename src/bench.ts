export type {
  Bound,
  Build,
  Change,
  Comparison,
  Library,
  Limits,
  Machine,
  Report,
  Row,
  Run,
  Surroundings,
  Verdict,
  Workload,
  WorkloadFile,
} from "./cli/bench/types";
export { defineWorkload } from "./cli/bench/workload";
