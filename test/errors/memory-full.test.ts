import { beforeAll, describe, expect, it } from "vitest";
import { child } from "../children/run";

interface Printed {
  results: Record<string, { name: string; message: string; trains: boolean; left: number }>;
  same: boolean;
  reserved: number;
}

const LIMIT = 64 * 2 ** 20;

describe("with init({ maxMemory: 64 MiB }), in a process of its own", () => {
  let printed: Printed;
  beforeAll(async () => {
    printed = await child<Printed>("memory-full");
  }, 60_000);

  for (const name of [
    "one tensor larger than all",
    "a layer larger than all",
    "layers until it is full",
    "data larger than all, resident",
    "temporaries of a batch",
    "optimizer state",
    "trainStep",
    "predict",
  ])
    it(`${name}: a MemoryError with the way out; nothing stays behind, and training works`, () => {
      const { name: type, message, trains, left } = printed.results[name]!;
      expect(type).toBe("MemoryError");
      expect(message).toMatch(/bytes asked for.*in use.*smaller batches.*maxMemory/);
      expect(trains).toBe(true);
      expect(left).toBe(0);
    });

  it("256 MB of eager tensors, all in use, keep their values", () => expect(printed.same).toBe(true));

  it("linear memory stays within the limit", () => expect(printed.reserved).toBeLessThanOrEqual(LIMIT));
});
