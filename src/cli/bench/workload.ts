import type { WorkloadFile } from "./types";

/** Gives a workload back as it is, checked by the compiler. */
export function defineWorkload<T extends WorkloadFile>(workload: T): T {
  return workload;
}
