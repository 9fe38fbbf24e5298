import { heap } from "../core/runtime";
import { Storage } from "../core/storage";
import { checkShape, type Shape, sizeOf } from "../tensor/shape";
import { BYTES, type DType, own, structure, Tensor } from "../tensor/tensor";

const PARAMETER = Symbol.for("neurite.parameter");
const BUFFER = Symbol.for("neurite.buffer");

/** Gives back the memory of models that were dropped without dispose(), once the engine notices. */
const forgotten = new FinalizationRegistry<Storage>((storage) => storage.release("the garbage collector"));

/** A tensor that a module trains. Keeps its address for life; starts at zero. */
export class Parameter extends Tensor {
  readonly [PARAMETER] = true;

  /** Throws ShapeError for anything but a shape; set() gives it values. */
  constructor(shape: Shape) {
    checkShape(shape, "new Parameter()");
    const storage = new Storage(BYTES.f32 * sizeOf(shape), "parameter");
    super(storage, shape);
    own(this);
    clear(storage);
    structure.version++;
    this.requiresGrad = true;
    forgotten.register(this, storage, this);
  }

  override dispose(): void {
    if (!this.disposed) structure.version++;
    forgotten.unregister(this);
    super.dispose();
  }
}

/** A tensor that belongs to a module's state without being trained, such as a running mean. Keeps its address for life; starts at zero. */
export class Buffer extends Tensor {
  readonly [BUFFER] = true;

  /** Throws ShapeError for anything but a shape; set() gives it values. */
  constructor(shape: Shape, dtype: DType = "f32") {
    checkShape(shape, "new Buffer()");
    const storage = new Storage(BYTES[dtype] * sizeOf(shape), "state");
    super(storage, shape, dtype);
    own(this);
    clear(storage);
    forgotten.register(this, storage, this);
  }

  override dispose(): void {
    forgotten.unregister(this);
    super.dispose();
  }
}

function clear(storage: Storage): void {
  heap().u8.fill(0, storage.address, storage.address + storage.bytes);
}

export const isParameter = (x: unknown): x is Parameter => typeof x === "object" && x !== null && PARAMETER in x;
export const isBuffer = (x: unknown): x is Buffer => typeof x === "object" && x !== null && BUFFER in x;
