/** What the tests import from "vitest", for pages: vitest's own runner and assertions, which it publishes apart, without its server. */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  customMatchers,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { type File, startTests, type Task, type VitestRunner } from "@vitest/runner";
import * as spy from "@vitest/spy";
import * as chai from "chai";

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from "@vitest/runner";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
// long enough to say what differs
chai.config.truncateThreshold = 400;

const assert = chai.expect as unknown as Chai.ExpectStatic & { extend(to: object, matchers: object): void };
/** As vitest's createExpect() makes it, without snapshots and polling. */
export const expect = Object.assign((value: unknown, message?: string) => chai.expect(value, message), assert, {
  getState: () => getState(expect as never),
  setState: (state: object) => setState(state as never, expect as never),
  extend: (matchers: object) => assert.extend(expect, matchers),
}) as never as { getState(): unknown };
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, configurable: true });
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null } as never, expect as never);
void [ASYMMETRIC_MATCHERS_OBJECT, customMatchers];

export const vi = { spyOn: spy.spyOn, fn: spy.fn, restoreAllMocks: spy.restoreAllMocks, setConfig: () => {} };

export interface Counts {
  passed: number;
  skipped: number;
  /** Name and message of each. */
  failed: string[];
}

const path = (task: Task): string =>
  task.suite === undefined || task.suite === task.file ? task.name : `${path(task.suite)} > ${task.name}`;

function count(task: Task | File, counts: Counts): void {
  const errors = task.result?.errors?.map((e) => e.message) ?? [];
  if (task.type === "test") {
    if (task.result?.state === "pass") counts.passed++;
    else if (task.result?.state === "fail") counts.failed.push(`${path(task)}: ${errors.join("\n")}`);
    else counts.skipped++;
    return;
  }
  // a hook that failed, or a file that could not be loaded
  if (errors.length > 0) counts.failed.push(`${task.name}: ${errors.join("\n")}`);
  for (const t of task.tasks) count(t, counts);
}

/** Runs one bundled file of tests. */
export async function run(file: string): Promise<Counts> {
  const runner: VitestRunner = {
    config: {
      root: "/",
      setupFiles: [],
      passWithNoTests: false,
      sequence: { hooks: "stack", setupFiles: "list", seed: 1 },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      retry: 0,
      maxConcurrency: 1,
      chaiConfig: undefined,
      includeTaskLocation: false,
      diffOptions: undefined,
    } as never,
    importFile: (at) => import(at),
  };
  const files = await startTests([file], runner);
  const counts: Counts = { passed: 0, skipped: 0, failed: [] };
  for (const f of files) count(f, counts);
  return counts;
}
