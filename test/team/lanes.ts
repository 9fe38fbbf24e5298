/** Tests of several lanes: without this, how many run a program depends on what the machine was doing. */
import { afterAll, beforeAll, expect, vi } from "vitest";
import { engine } from "../../src/core/runtime";
import { Width } from "../../src/core/width";
import { init, type Module } from "../../src/index";

/** Every program runs on all the lanes it may have, if they are free. */
export function allLanes(): void {
  beforeAll(() => {
    vi.spyOn(Width.prototype, "next").mockImplementation(function (this: Width) {
      return this.most;
    });
  });
  afterAll(() => void vi.restoreAllMocks());
}

export async function threads(n: number): Promise<void> {
  const info = await init({ threads: n });
  expect(info.threads, info.threadsReason).toBe(n);
}

/** For a whole file. */
export function withThreads(n: number): void {
  beforeAll(() => threads(n));
  afterAll(() => threads(0));
}

interface Lane {
  readonly task: unknown;
  readonly thread: { end(): Promise<unknown> };
}

/** The team's workers. */
export const lanes = (): readonly Lane[] => (engine().team as unknown as { lanes: Lane[] }).lanes;

/** Resolves in a turn of the event loop in which a worker is at work; what it does is not noticed before the next. */
export async function atWork(): Promise<Lane> {
  for (;;) {
    const lane = lanes().find((l) => l.task !== undefined);
    if (lane !== undefined) return lane;
    await new Promise((r) => setImmediate(r));
  }
}

/** Resolves in a turn of the event loop in which this model is being trained by workers. */
export async function inTraining(model: Module): Promise<void> {
  while (model.parameters()[0]!.storage.copy === undefined) await new Promise((r) => setImmediate(r));
}
