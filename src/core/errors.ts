/** Data that cannot be read: says what, where (byte offset), what was expected and what was found. */
export class DataError extends Error {
  override readonly name = "DataError";
}
