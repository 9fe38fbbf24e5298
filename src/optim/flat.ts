import { Op } from "../../assembly/opcodes";
import { emit, type Ref } from "../core/emit";
import { heap } from "../core/runtime";
import { Buffer, type Parameter } from "../nn/parameter";
import { sum } from "../ops/reduce";
import { max } from "../ops/select";
import { abs } from "../ops/unary";
import { scope, type Tensor } from "../tensor/tensor";
import { products } from "./clip";

/** All parameters as one vector, one after another, and what L-BFGS does with such vectors. */
export class Flat {
  readonly size: number;

  constructor(private readonly params: readonly Parameter[]) {
    this.size = params.reduce((n, p) => n + p.size, 0);
  }

  /** A vector of zeros that belongs to the optimizer. */
  vector(): Buffer {
    return new Buffer([this.size]);
  }

  /** Each parameter, and its place in some vectors. */
  each(vectors: readonly Tensor[], use: (p: Parameter, places: readonly Ref[]) => void): void {
    let offset = 0;
    for (const p of this.params) {
      const at = offset;
      use(
        p,
        vectors.map((v) => ({ storage: v.ref.storage, offset: at })),
      );
      offset += 4 * p.size;
    }
  }

  /** out = the parameters' tensors in this map, 0 where there is none. */
  gather(out: Tensor, from: ReadonlyMap<Tensor, Tensor>): void {
    this.each([out], (p, [place]) => {
      const given = from.get(p);
      if (given === undefined) emit(Op.FILL, place!, p.size, 0);
      else emit(Op.COPY, place!, given.ref, p.size);
    });
  }

  /** out = the parameters. */
  read(out: Tensor): void {
    this.each([out], (p, [place]) => emit(Op.COPY, place!, p.ref, p.size));
  }

  /** Parameters = x + t d. */
  move(x: Tensor, d: Tensor, t: number): void {
    this.each([x, d], (p, [from, along]) => {
      emit(Op.AXPY, p.ref, along!, from!, t, p.size);
      p.storage.version++;
    });
  }

  /** out = alpha x + y, or alpha x. */
  axpy(out: Tensor, alpha: number, x: Tensor, y?: Tensor): void {
    emit(Op.AXPY, out.ref, x.ref, y?.ref ?? 0, alpha, this.size);
  }

  /** In double precision. */
  dot(a: Tensor, b: Tensor): number {
    return scope(() => {
      const { address } = products([[a.ref, b.ref, this.size]], 1).storage;
      return new Float64Array(heap().f32.buffer, address, 1)[0]!;
    });
  }

  /** Largest absolute item. */
  largest(v: Tensor): number {
    return scope(() => max(abs(v), 0).item());
  }

  /** Sum of absolute items. */
  length1(v: Tensor): number {
    return scope(() => sum(abs(v)).item());
  }
}
