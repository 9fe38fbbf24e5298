import { type Parameter, scope, slice, type Tensor, tensor } from "neurite";
import type { Surface } from "../shared/messages";
import type { SurfaceName } from "../shared/settings";

/** A function of two variables in the package's own operations: the same code gives the picture and, by autograd, the gradients. */
export interface SurfaceSpec {
  f(x: Tensor, y: Tensor): Tensor;
  x: [number, number];
  y: [number, number];
  minimum?: [number, number];
}

export const SURFACE_SPECS: Record<SurfaceName, SurfaceSpec> = {
  // (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2
  beale: {
    f: (x, y) => {
      const term = (c: number, power: Tensor) => x.mul(power).sub(x).add(c).square();
      return term(1.5, y)
        .add(term(2.25, y.square()))
        .add(term(2.625, y.square().mul(y)));
    },
    x: [-4.5, 4.5],
    y: [-4.5, 4.5],
    minimum: [3, 0.5],
  },
  // x^2 - y^2: down without end
  saddle: { f: (x, y) => x.square().sub(y.square()), x: [-2, 2], y: [-2, 2] },
  // (1 - x)^2 + 100 (y - x^2)^2
  rosenbrock: {
    f: (x, y) => x.neg().add(1).square().add(y.sub(x.square()).square().mul(100)),
    x: [-2, 2],
    y: [-1, 3],
    minimum: [1, 1],
  },
  // x^2 / 20 + 5 y^2: a hundred times as steep across as along
  ravine: { f: (x, y) => x.square().mul(0.05).add(y.square().mul(5)), x: [-5, 5], y: [-5, 5], minimum: [0, 0] },
};

/** The value at a point held by a parameter of two items, with its way back. */
export function valueAt(spec: SurfaceSpec, point: Parameter): Tensor {
  return spec.f(slice(point, 0, 1), slice(point, 1, 2)).sum();
}

const CELLS = 120;

export function surface(name: SurfaceName): Surface {
  const { f, x, y, minimum } = SURFACE_SPECS[name];
  const [xs, ys] = [new Float32Array(CELLS * CELLS), new Float32Array(CELLS * CELLS)];
  for (let k = 0; k < xs.length; k++) {
    xs[k] = x[0] + ((x[1] - x[0]) * ((k % CELLS) + 0.5)) / CELLS;
    ys[k] = y[1] - ((y[1] - y[0]) * (Math.floor(k / CELLS) + 0.5)) / CELLS;
  }
  const values = scope(() => f(tensor(xs), tensor(ys)).data()) as Float32Array;
  return { values, grid: CELLS, x, y, ...(minimum === undefined ? {} : { minimum }) };
}
