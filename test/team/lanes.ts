/** Tests of several lanes: without this, how many run a program depends on what the machine was doing. */
import { afterAll, beforeAll, expect, vi } from "vitest";
import { Width } from "../../src/core/width";
import { init } from "../../src/index";

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
