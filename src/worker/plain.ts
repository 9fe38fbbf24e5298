import { OptionError } from "../core/errors";

interface Described {
  readonly type?: string;
  readonly config?: object;
}

/** What can be sent: tensors as their numbers, losses and schedules of the library as their descriptions. Throws OptionError for other functions, naming the place. */
export function plain(place: string, value: unknown): unknown {
  if (typeof value === "function") {
    const { type, config } = value as Described;
    if (config !== undefined) return plain(place, { type, ...config });
    if (type !== undefined) return type;
    throw new OptionError(
      `${place}: a function cannot go to a worker; use a loss, metric or schedule of the library by name or description, or fit() in a worker of your own`,
    );
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  const tensor = value as { data?: unknown; shape?: unknown };
  if (typeof tensor.data === "function") return { data: (tensor.data as () => unknown).call(value), shape: tensor.shape };
  // long lists of numbers go as they are
  if (Array.isArray(value)) return value.every((v) => typeof v === "number") ? value : value.map((v, k) => plain(`${place}[${k}]`, v));
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
    throw new OptionError(
      `${place}: a ${value.constructor.name} cannot go to a worker; pass its description, such as { type: "adam", lr: 1e-3 }`,
    );
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(`${place}.${k}`, v)]));
}

/** Memory of the typed arrays in it, each once. */
export function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    if (typeof value[0] === "object") for (const v of value) buffersOf(v, found);
  } else if (typeof value === "object" && value !== null) for (const v of Object.values(value)) buffersOf(v, found);
  return [...found];
}
