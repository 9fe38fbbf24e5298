/** Settings, from the environment. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Limits, limitsFrom } from "./limits";
import { NAME } from "./schemas";

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Folder of all that is kept. */
  readonly data: string;
  /** The key of each tenant. */
  readonly keys: ReadonlyMap<string, string>;
  /** Opens every tenant. */
  readonly masterKey: string | undefined;
  readonly limits: Limits;
  /** Worker threads for the arithmetic. */
  readonly threads: number | "auto";
  /** Milliseconds of training between two turns of the event loop: what a request waits at most, about. */
  readonly yieldMs: number;
  readonly checkpointSeconds: number;
  /** Milliseconds of a shutdown in which /readyz says no and all else goes on, so that who sends requests here learns of it. */
  readonly drainMs: number;
  /** Milliseconds in which the rest of a shutdown has to end. */
  readonly shutdownMs: number;
  readonly logLevel: string;
}

const SHORTEST_KEY = 16;

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function keysFrom(text: string): Map<string, string> {
  const given = jsonOf("API_KEYS", text);
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new Error('API_KEYS must be JSON, {"tenant": "key"}');
  for (const [tenant, key] of Object.entries(given)) {
    if (!new RegExp(NAME).test(tenant)) throw new Error(`API_KEYS: ${JSON.stringify(tenant)} is no name of a tenant: ${NAME}`);
    checkKey(`API_KEYS: the key of ${tenant}`, key);
  }
  return new Map(Object.entries(given as Record<string, string>));
}

function checkKey(what: string, key: unknown): void {
  if (typeof key !== "string" || key.length < SHORTEST_KEY)
    throw new Error(`${what} must be a string of ${SHORTEST_KEY} characters or more`);
}

function number(name: string, text: string | undefined, otherwise: number, least: number, most = 2 ** 31 - 1): number {
  const value = text === undefined || text === "" ? otherwise : Number(text);
  if (!(value >= least && value <= most)) throw new Error(`${name} must be a number from ${least} to ${most}, got ${text}`);
  return value;
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

function levelFrom(text: string): string {
  if (!LEVELS.includes(text)) throw new Error(`LOG_LEVEL must be one of ${LEVELS.join(", ")}, got ${text}`);
  return text;
}

/** Throws for what cannot be. Without keys, a tenant "demo" with a new one. */
export function configFrom(env: Readonly<Record<string, string | undefined>>): Config {
  const text = env.API_KEYS_FILE === undefined ? env.API_KEYS : readFileSync(env.API_KEYS_FILE, "utf8");
  const masterKey = env.MASTER_KEY === "" ? undefined : env.MASTER_KEY;
  if (masterKey !== undefined) checkKey("MASTER_KEY", masterKey);
  return {
    host: env.HOST ?? "127.0.0.1",
    port: number("PORT", env.PORT, 8080, 0, 65_535),
    data: resolve(env.DATA_DIR ?? "service-data"),
    keys: text === undefined ? new Map([["demo", randomBytes(18).toString("base64url")]]) : keysFrom(text),
    masterKey,
    limits: limitsFrom(jsonOf("LIMITS", env.LIMITS ?? "{}")),
    threads: env.NEURITE_THREADS === "auto" ? "auto" : number("NEURITE_THREADS", env.NEURITE_THREADS, 0, 0),
    yieldMs: number("YIELD_MS", env.YIELD_MS, 4, 1),
    checkpointSeconds: number("CHECKPOINT_SECONDS", env.CHECKPOINT_SECONDS, 5, 0),
    drainMs: number("DRAIN_MS", env.DRAIN_MS, 0, 0),
    shutdownMs: number("SHUTDOWN_MS", env.SHUTDOWN_MS, 10_000, 100),
    logLevel: levelFrom(env.LOG_LEVEL ?? "info"),
  };
}
