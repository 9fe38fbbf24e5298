import { expect, it } from "vitest";
import { checkWritable, claimToRead, isClaimed, quiet } from "../../src/core/claims";
import { pinned } from "../../src/tensor/tensor";
import { noLeaks } from "../leaks";

noLeaks();

it("who wants to write waits until the last reader is done, and is told", async () => {
  const [a, b] = [pinned([4], "state"), pinned([4], "state")];
  const storages = [a.storage, b.storage];
  const first = claimToRead(storages);
  const second = claimToRead([a.storage]);
  let told = false;
  const waiting = quiet(storages).then(() => {
    told = true;
  });
  expect(storages.map(isClaimed)).toEqual([true, true]);
  expect(() => checkWritable(storages)).toThrow("a worker is at work");
  first();
  await new Promise((turn) => setTimeout(turn));
  expect([told, ...storages.map(isClaimed)]).toEqual([false, true, false]);
  second();
  await waiting;
  expect(told).toBe(true);
  checkWritable(storages);
  // nobody to wait for
  await quiet(storages);
  for (const t of [a, b]) t.dispose();
});
