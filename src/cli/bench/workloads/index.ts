import type { Workload, WorkloadFile } from "../types";
import { kernels } from "./kernels";
import { startUp } from "./startup";
import { training } from "./training";

/** What the command measures unless told otherwise. */
export const builtin: readonly Workload[] = [...kernels, ...training, startUp];

const isWorkload = (w: unknown): w is Workload =>
  typeof w === "object" && w !== null && typeof (w as Workload).name === "string" && typeof (w as Workload).make === "function";

/** The workloads that a file exports by default; a bare function is the make() of one called `name`. Throws TypeError on anything else. */
export function workloadsOf(exported: unknown, name: string): readonly Workload[] {
  const file = exported as WorkloadFile | undefined;
  if (typeof file === "function") return [{ name, group: "yours", make: file }];
  const list: readonly unknown[] = Array.isArray(file) ? file : [file];
  if (list.length === 0 || !list.every(isWorkload))
    throw new TypeError(`${name}: its default export must be a function make(neurite), { name, make }, or a list of such objects`);
  return list;
}
