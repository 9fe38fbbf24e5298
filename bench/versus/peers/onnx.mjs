// A minimal writer of ONNX models: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
const varint = (n) => {
  const bytes = [];
  for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
  return Buffer.from([...bytes, n]);
};
const whole = (field, n) => Buffer.concat([varint(field * 8), varint(n)]);
const bytes = (field, b) => Buffer.concat([varint(field * 8 + 2), varint(b.length), b]);
const text = (field, s) => bytes(field, Buffer.from(s));
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

const FLOAT = 1;
const INT = 2;

/** { op, in, out, ints: { transB: 1 } } */
const node = (n) =>
  message(
    1,
    ...n.in.map((s) => text(1, s)),
    text(2, n.out),
    text(4, n.op),
    ...Object.entries(n.ints ?? {}).map(([name, i]) => message(5, text(1, name), whole(3, i), whole(20, INT))),
  );
const initializer = ({ name, shape, values }) =>
  message(
    5,
    ...shape.map((d) => whole(1, d)),
    whole(2, FLOAT),
    text(8, name),
    bytes(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
const value = (field, { name, shape }) =>
  message(field, text(1, name), message(2, message(1, whole(1, FLOAT), message(2, ...shape.map((d) => message(1, whole(1, d)))))));

export function model({ nodes, constants = [], inputs, output }) {
  const graph = [...nodes.map(node), text(2, "g"), ...constants.map(initializer), ...inputs.map((i) => value(11, i)), value(12, output)];
  return new Uint8Array(Buffer.concat([whole(1, 8), message(7, ...graph), message(8, text(1, ""), whole(2, 17))]));
}
