import { expect, test } from "vitest";
import * as neurite from "../../src/index";
import { noLeaks } from "../leaks";
import { hashOf } from "./hash.mjs";

noLeaks();

// A kernel that rounds differently on purpose changes this number: run hash.mjs on several engines, then write the new one here.
test("in reproducible mode every bit of three trainings is what it was when this was written, on whatever machine", async () => {
  expect(await hashOf(neurite)).toBe("6a3025d3 over 126945 numbers");
});
