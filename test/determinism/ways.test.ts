import { describe, expect, test } from "vitest";
import { noLeaks } from "../leaks";
import { NETS } from "./nets";
import { type Setup, train, WAYS, type Way } from "./ways";

noLeaks();

const EVERY = Object.keys(WAYS) as Way[];
const FITS = EVERY.filter((w) => w.startsWith("fit"));
const momentum = { type: "sgd", lr: 0.05, momentum: 0.9, weightDecay: 1e-3 } as const;
const nesterov = { type: "sgd", lr: 0.05, momentum: 0.9, nesterov: true } as const;
const adam = { type: "adam", lr: 0.01 } as const;

/** Expects every way to give what the eager loop gives, and that this is something finite that moved. */
async function agree(setup: Setup, ways: readonly Way[]): Promise<void> {
  const expected = await train("an eager loop", setup);
  const start = await train("an eager loop", { ...setup, epochs: 0 });
  for (const name of Object.keys(start)) expect(expected[name], `${name} moved`).not.toBe(start[name]);
  for (const way of ways) expect(await train(way, setup), way).toEqual(expected);
}

const nets = Object.entries(NETS).map(([name, net]) => [name, net] as const);
const single = nets.filter(([, net]) => net.inputs.length === 1);

describe.each(nets)("%s: the same bits as an eager loop", (_, net) => {
  test.each(FITS)("%s, shuffled, with a smaller last batch, momentum and decay", async (way) => {
    await agree({ net, rows: 50, batch: 16, epochs: 3, optimizer: momentum }, [way]);
  });

  test.each(FITS)("%s, Adam, the rest dropped, not shuffled", async (way) => {
    await agree({ net, rows: 37, batch: 8, epochs: 3, optimizer: adam, shuffle: false, lastBatch: "drop" }, [way]);
  });

  test.each(FITS)("%s, gradients of three batches for each update, the last group of an epoch smaller", async (way) => {
    await agree({ net, rows: 50, batch: 7, epochs: 2, optimizer: nesterov, accumulate: 3 }, [way]);
  });

  test.each(FITS)("%s, weighted rows", async (way) => {
    await agree({ net, rows: 23, batch: 5, epochs: 2, optimizer: adam, weighted: true }, [way]);
    await agree({ net, rows: 23, batch: 5, epochs: 2, optimizer: momentum, weighted: true, accumulate: 2 }, [way]);
  });

  test("fit, batches of one row and of all rows", async () => {
    await agree({ net, rows: 5, batch: 1, epochs: 2, optimizer: momentum }, FITS);
    await agree({ net, rows: 20, batch: 20, epochs: 4, optimizer: adam }, FITS);
  });
});

describe.each(single)("%s: the same bits as an eager loop", (_, net) => {
  test("trainStep, batches of two sizes in turn", async () => {
    await agree({ net, rows: 50, batch: 16, epochs: 3, optimizer: momentum }, ["trainStep"]);
    await agree({ net, rows: 20, batch: 8, epochs: 2, optimizer: adam }, ["trainStep"]);
  });

  test("trainStep.run, in the order of the data", async () => {
    const setup = { net, rows: 37, batch: 8, epochs: 3, shuffle: false, lastBatch: "drop" } as const;
    await agree({ ...setup, optimizer: adam }, ["trainStep.run"]);
    await agree({ ...setup, optimizer: nesterov }, ["trainStep.run"]);
  });
});
