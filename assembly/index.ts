// The exports of both binaries: the interpreter, and every kernel by its name.
export { dispatch, execute, run, steps, tiles } from "./interpreter";
export * from "./movement";
export * from "./gather";
export * from "./binary";
export * from "./unary";
export * from "./activation";
export * from "./piecewise";
export * from "./smooth";
export * from "./reduce";
export * from "./softmax";
export * from "./loss";
export * from "./norm";
export * from "./gemm/gemm";
export * from "./random";
export * from "./optimizer";
export * from "./perceptron";
export * from "./probe";
