import { DataError } from "../core/errors";
import { nativeDType } from "./dtypes";
import type { SafeInput, SafeTensors } from "./safetensors";

/** Deeper than any state, and far from the end of the stack. */
const DEEPEST = 200;
const MARKS = ["$tensor", "$number"];

const isPlain = (v: unknown): v is Record<string, unknown> =>
  typeof v === "object" && v !== null && [Object.prototype, null].includes(Object.getPrototypeOf(v));
const isSafe = (v: Record<string, unknown>): boolean =>
  Object.keys(v).length === 2 && Array.isArray(v.shape) && nativeDType(v.data) !== undefined;

/**
 * Takes a value apart into JSON and tensors: typed arrays, alone or as { shape, data }, become entries named by their place, other numbers than JSON knows are written
 * as strings. Throws DataError for what neither holds: functions, class instances, bigints.
 */
export function pack(value: unknown, entries: Record<string, SafeInput>, path = "", depth = 0): unknown {
  const fail = (why: string) => new DataError(`checkpoint: ${path === "" ? "the state" : path} ${why}`);
  if (depth > DEEPEST) throw fail(`lies more than ${DEEPEST} levels deep`);
  const put = (tensor: SafeInput) => {
    let name = path === "" ? "state" : path;
    while (name in entries) name += "'";
    entries[name] = tensor;
    return name;
  };
  if (nativeDType(value) !== undefined) {
    const data = value as SafeInput["data"];
    return { $tensor: put({ shape: [data.length], data }) };
  }
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (Object.is(value, -0)) return { $number: "-0" };
  if (value === null || value === undefined || ["string", "boolean", "number"].includes(typeof value)) return value;
  const inner = (name: string, v: unknown) => pack(v, entries, path === "" ? name : `${path}.${name}`, depth + 1);
  if (Array.isArray(value)) return value.map((v, k) => inner(String(k), v));
  if (!isPlain(value))
    throw fail(
      `is a ${typeof value === "object" ? (value as object).constructor.name : typeof value}; give plain objects, numbers, strings and typed arrays`,
    );
  if (isSafe(value)) return { $tensor: put(value as unknown as SafeInput), shaped: true };
  for (const key of Object.keys(value))
    if (MARKS.includes(key) || key === "__proto__") throw fail(`has a field ${key}, which is taken; call it otherwise`);
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, inner(name, v)]));
}

/** What pack() took apart, put together again. Throws DataError, naming the file. */
export function unpack(json: unknown, tensors: SafeTensors["tensors"], file: string, depth = 0): unknown {
  const fail = (why: string) => new DataError(`${file}: ${why}`);
  if (depth > DEEPEST) throw fail(`its state lies more than ${DEEPEST} levels deep`);
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((v) => unpack(v, tensors, file, depth + 1));
  const given = json as Record<string, unknown>;
  if (Object.hasOwn(given, "$number")) return Number(given.$number);
  if (Object.hasOwn(given, "$tensor")) {
    const tensor = tensors[String(given.$tensor)];
    if (tensor === undefined) throw fail(`entry ${JSON.stringify(given.$tensor)} is missing`);
    return given.shaped === true ? { shape: [...tensor.shape], data: tensor.data } : tensor.data;
  }
  if (Object.hasOwn(given, "__proto__")) throw fail("its state has a field __proto__");
  return Object.fromEntries(Object.entries(given).map(([name, v]) => [name, unpack(v, tensors, file, depth + 1)]));
}
