import { expect, it } from "vitest";
import { Buffer, full, memory, OptionError, Parameter, ShapeError, tensor } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

it("options in the place of tensor()'s shape: OptionError that shows the call", () => {
  const slip = () => tensor([1, 2], { requiresGrad: true } as never);
  expect(slip).toThrow(OptionError);
  expect(slip).toThrow(/tensor\(data, undefined, \{ requiresGrad: true \}\)/);
});

for (const [name, make] of [
  ["Parameter", (x: never) => new Parameter(x)],
  ["Buffer", (x: never) => new Buffer(x)],
] as const)
  it(`new ${name} of anything but a shape: ShapeError, and nothing stays behind`, () => {
    const t = tensor([1, 2]);
    const before = memory();
    expect(() => make(t as never)).toThrow(ShapeError);
    expect(() => make(t as never)).toThrow(/array of whole numbers.*got a tensor/);
    expect(() => make(3 as never)).toThrow(/got 3/);
    expect(() => make({ shape: [2] } as never)).toThrow(ShapeError);
    expect(() => make([2, -1] as never)).toThrow(ShapeError);
    expect(memory()).toEqual(before);
  });

it("a number or an object as the shape of full(): ShapeError", () => {
  expect(() => full(3 as never, 1)).toThrow(/got 3/);
  expect(() => full({ dtype: "i32" } as never, 1)).toThrow(/an object \{ dtype \}/);
});
