import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgress, type ProgressOutput } from "../../src/train/progress";

/** A fake output that keeps what was written and what a terminal would show of it. */
function fake(options: Omit<ProgressOutput, "write"> = {}) {
  const writes: string[] = [];
  return {
    ...options,
    writes,
    write: (text: string) => writes.push(text),
    /** Lines as a reader sees them: an erased line is gone, styles are invisible. */
    get screen(): string[] {
      const lines = [""];
      for (const part of writes.join("").split(/(\n|\r\x1b\[2K)/)) {
        if (part === "\n") lines.push("");
        else if (part === "\r\x1b[2K") lines[lines.length - 1] = "";
        else lines[lines.length - 1] += part.replaceAll(/\x1b\[\d+m/g, "");
      }
      return lines;
    },
  };
}

const epoch = { epoch: 1, loss: 0.34567, seconds: 2.345, samplesPerSecond: 25_600, metrics: { accuracy: 0.9012 } };

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("not a terminal", () => {
  it("writes one plain line an epoch and nothing for updates", () => {
    const out = fake();
    const progress = createProgress(out);
    progress.start({ epochs: 12, stepsPerEpoch: 100 });
    for (let step = 1; step <= 100; step++) progress.update({ epoch: 1, step, loss: 1 });
    progress.epochEnd({ ...epoch, validation: { loss: 0.4, accuracy: 0.88 } });
    progress.end();
    expect(out.writes).toEqual([
      "epoch  1/12  loss 0.3457  accuracy 0.9012  val loss 0.4000  val accuracy 0.8800  25.6k samples/s  2.3s\n",
    ]);
  });

  it("writes no control characters", () => {
    const out = fake({ isTTY: false });
    const progress = createProgress(out);
    progress.start({ epochs: 1, stepsPerEpoch: 1 });
    progress.update({ epoch: 1, step: 1, loss: 1 });
    progress.epochEnd(epoch);
    progress.end();
    expect(out.writes.join("")).not.toMatch(/[\r\x1b]/);
  });
});

describe("a terminal", () => {
  it("shows epoch, bar, steps, loss, metrics, rate and remaining time on one line", () => {
    const out = fake({ isTTY: true, columns: 120 });
    const progress = createProgress(out);
    progress.start({ epochs: 5, stepsPerEpoch: 100 });
    progress.update({ epoch: 3, step: 10, loss: 0.5 });
    vi.advanceTimersByTime(1000);
    progress.update({ epoch: 3, step: 50, loss: 0.25, samplesPerSecond: 1234, metrics: { accuracy: 0.5 } });
    // 40 steps a second, 250 to go
    expect(out.screen).toEqual(["epoch 3/5  ████████████░░░░░░░░░░░░   50/100  loss 0.2500  accuracy 0.5000  1234 samples/s  ETA 6.3s"]);
  });

  it("redraws at most every 100 ms, in place", () => {
    const out = fake({ isTTY: true, columns: 100 });
    const progress = createProgress(out);
    progress.start({ epochs: 1, stepsPerEpoch: 1000 });
    for (let step = 1; step <= 1000; step++) {
      progress.update({ epoch: 1, step, loss: 1 });
      vi.advanceTimersByTime(1);
    }
    expect(out.writes).toHaveLength(10);
    expect(out.writes.join("")).not.toContain("\n");
    expect(out.screen).toHaveLength(1);
  });

  it("replaces the line by the epoch's report and draws the next epoch at once", () => {
    const out = fake({ isTTY: true, columns: 100 });
    const progress = createProgress(out);
    progress.start({ epochs: 2, stepsPerEpoch: 10 });
    progress.update({ epoch: 1, step: 9, loss: 1 });
    progress.epochEnd(epoch);
    progress.update({ epoch: 2, step: 1, loss: 1 });
    expect(out.screen[0]).toBe("epoch 1/2  loss 0.3457  accuracy 0.9012  25.6k samples/s  2.3s");
    expect(out.screen[1]).toContain("epoch 2/2  ██░");
  });

  it("leaves a clean line at the end, also in the middle of an epoch, and ends once", () => {
    const out = fake({ isTTY: true, columns: 100 });
    const progress = createProgress(out);
    progress.start({ epochs: 2, stepsPerEpoch: 10 });
    progress.update({ epoch: 1, step: 5, loss: 1 });
    progress.end();
    const { length } = out.writes;
    progress.end();
    expect(out.screen).toEqual([""]);
    expect(out.writes).toHaveLength(length);
  });

  it.each([1, 10, 20, 25, 40, 60, 80, 200])("never fills a line of %i columns", (columns) => {
    const out = fake({ isTTY: true, columns });
    const progress = createProgress(out);
    progress.start({ epochs: 10, stepsPerEpoch: 1875 });
    for (let step = 0; step < 1875; step += 125) {
      progress.update({ epoch: 10, step, loss: 123.456, samplesPerSecond: 123456, metrics: { accuracy: 0.5, "top 5": 0.9 } });
      expect(out.screen).toHaveLength(1);
      expect(out.screen[0]!.length).toBeLessThanOrEqual(Math.max(1, columns - 1));
      expect("epoch 10/10  1875/1875".startsWith(out.screen[0]!.slice(0, 11))).toBe(true);
      vi.advanceTimersByTime(200);
    }
  });

  it("follows a window that is made narrower", () => {
    const out = { ...fake(), isTTY: true, columns: 100 };
    const progress = createProgress(out);
    progress.start({ epochs: 1, stepsPerEpoch: 10 });
    progress.update({ epoch: 1, step: 1, loss: 1 });
    out.columns = 30;
    vi.advanceTimersByTime(200);
    progress.update({ epoch: 1, step: 2, loss: 1 });
    expect(out.writes.at(-1)!.replaceAll(/\x1b\[\d+[mK]|\r/g, "").length).toBeLessThan(30);
  });
});

it("figures stay short over twelve orders of magnitude, and NaN shows", () => {
  const out = fake();
  const progress = createProgress(out);
  progress.start({ epochs: 1, stepsPerEpoch: 1 });
  for (const [loss, seconds, samplesPerSecond] of [
    [1234.5678, 65, 999],
    [0.00012345, 3725, 12_345_678],
    [Number.NaN, 0.1234, 9_996],
    [0.0045678, 42.4, Infinity],
    [-12.3456, 9.96, 123_456],
  ] as const)
    progress.epochEnd({ epoch: 1, loss, seconds, samplesPerSecond });
  expect(out.screen.slice(0, -1)).toEqual([
    "epoch 1/1  loss 1235  999 samples/s  1m05s",
    "epoch 1/1  loss 1.23e-4  12.3M samples/s  1h02m",
    "epoch 1/1  loss NaN  10.0k samples/s  0.12s",
    "epoch 1/1  loss 0.004568  - samples/s  42s",
    "epoch 1/1  loss -12.35  123k samples/s  10s",
  ]);
});

describe("by default", () => {
  it("writes to the standard output of the process", () => {
    const out = fake();
    vi.stubGlobal("process", { stdout: out });
    createProgress().epochEnd(epoch);
    expect(out.screen[0]).toMatch(/^epoch 1\/1 {2}loss 0\.3457/);
  });

  it("falls back to console.log where there is no process", () => {
    vi.stubGlobal("process", undefined);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    createProgress().epochEnd(epoch);
    expect(log.mock.calls).toEqual([["epoch 1/1  loss 0.3457  accuracy 0.9012  25.6k samples/s  2.3s"]]);
  });
});
