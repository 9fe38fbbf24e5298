import "./ops/methods";

export * from "./functional";
