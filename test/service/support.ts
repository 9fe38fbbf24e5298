/** A service on a port of its own with a folder of its own, and a client that speaks to it over HTTP. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, vi } from "vitest";
import { build, type Service } from "../../examples/service/src/app";
import { type Config, configFrom } from "../../examples/service/src/config";
import type { Limits } from "../../examples/service/src/limits";

// other test files train on the same cores
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

export const KEYS = { acme: "acme-key-0123456789", beta: "beta-key-0123456789" };
export const MASTER = "master-key-0123456789";

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked at freely
  body: any;
}

/** Requests as a tenant. */
export function client(url: string, tenant: keyof typeof KEYS = "acme", key: string = KEYS[tenant]) {
  const base = `${url}/v1/tenants/${tenant}`;
  const request = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(path.startsWith("/v1") ? url + path : base + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  };
  const ended = async (job: string, seconds = 200): Promise<Answer["body"]> => {
    for (const end = Date.now() + 1000 * seconds; ; await new Promise((r) => setTimeout(r, 20))) {
      const { body } = await request("GET", `/jobs/${job}`);
      if (["succeeded", "failed", "cancelled"].includes(body.state)) return body;
      if (Date.now() > end) throw new Error(`job ${job} is ${body.state} after ${seconds} s`);
    }
  };
  const begin = async (model: string, body: unknown): Promise<string> => {
    const answer = await request("POST", `/models/${model}/train`, body);
    expect(answer.body).toMatchObject({ model });
    expect(answer.status).toBe(202);
    return answer.body.id;
  };
  return {
    get: (path: string) => request("GET", path),
    post: (path: string, body: unknown, headers?: Record<string, string>) => request("POST", path, body, headers),
    delete: (path: string) => request("DELETE", path),
    /** Accepted, with its number. */
    begin,
    ended,
    train: async (model: string, body: unknown) => ended(await begin(model, body)),
  };
}

export type Client = ReturnType<typeof client>;

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "neurite-service-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Options extends Partial<Omit<Config, "limits">> {
  data: string;
  limits?: Partial<Limits>;
}

/** Starts a service; the caller stops it. */
export async function serve({ limits = {}, ...own }: Options): Promise<Service & { url: string; acme: Client; beta: Client }> {
  const config = configFrom({
    API_KEYS: JSON.stringify(KEYS),
    MASTER_KEY: MASTER,
    LIMITS: JSON.stringify(limits),
    PORT: "0",
    LOG_LEVEL: "silent",
  });
  const service = await build({ ...config, ...own });
  const url = await service.start();
  return { ...service, url, acme: client(url), beta: client(url, "beta") };
}

/** Two clouds of points, far apart. */
export const clouds = (rows: number) => ({
  rows: Array.from({ length: rows }, (_, k) => [(k % 2) * 4 + Math.sin(k), Math.cos(k * k)]),
  labels: Array.from({ length: rows }, (_, k) => (k % 2 === 0 ? "left" : "right")),
});

/** A training that does not end by itself for a while. */
export const long = { ...clouds(40), epochs: 10_000, patience: 0, seed: 1 };
