import { describe, expect, it } from "vitest";
import { builds } from "./harness";
describe.each(builds)("$name: placeholder", (k) => { it("loads", () => expect(k.exports.tiles).toBeTypeOf("function")); });
