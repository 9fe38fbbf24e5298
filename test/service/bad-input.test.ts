import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noLeaks } from "../leaks";
import { type Client, clouds, folder, KEYS, serve } from "./support";

noLeaks();

let service: Awaited<ReturnType<typeof serve>>;
let acme: Client;
beforeAll(async () => {
  const limits = {
    trainBytes: 200_000,
    predictBytes: 20_000,
    rows: 500,
    columns: 20,
    cells: 5000,
    classes: 5,
    predictRows: 100,
    epochs: 20_000,
  };
  service = await serve({ data: folder(), limits: { ...limits, parameters: 50_000, hiddenLayers: 3 } });
  acme = service.acme;
  await acme.train("known", { ...clouds(60), epochs: 5, seed: 1 });
});
afterAll(() => service.stop());

const { rows, labels } = clouds(10);
const good = { rows, labels, epochs: 5 };
const list = (n: number, value: unknown = 1) => new Array(n).fill(value);
/** Rows without their last ones. */
const short = rows.slice(0, 2);

/** What is posted, and the status and the words of the answer. */
const TRAININGS: Record<string, [body: unknown, status: number, words: RegExp]> = {
  garbage: ["\u0000\u0001 not json", 400, /JSON|body/i],
  "half a body": ['{"rows": [[1,', 400, /JSON|body/i],
  nothing: ["", 400, /empty|body/i],
  null: ["null", 400, /object/],
  "a list": [[1, 2], 400, /object/],
  "NaN in JSON": ['{"rows": [[NaN]], "labels": ["a"]}', 400, /JSON/i],
  "Infinity by a large number": ['{"rows": [[1e999],[1]], "labels": ["a","b"]}', 400, /rows\/0\/0 must be number/],
  "numbers too large": [{ ...good, rows: rows.map((_, k) => [k, 1e200]) }, 422, /row 0, column 1 is 1e\+200/],
  "rows missing": [{ labels }, 400, /rows/],
  "no rows": [{ rows: [], labels: [] }, 400, /rows/],
  "rows of nothing": [{ rows: [[], []], labels: ["a", "b"] }, 400, /rows\/0/],
  "a row of text": [{ ...good, rows: [["1", "2"], ...rows.slice(1)] }, 400, /rows\/0\/0 must be number/],
  "null in a row": [{ ...good, rows: [[null, 2], ...rows.slice(1)] }, 400, /rows\/0\/0 must be number/],
  "a row that is no list": [{ ...good, rows: [5, ...rows.slice(1)] }, 400, /rows\/0 must be array/],
  "ragged rows": [{ ...good, rows: [...rows.slice(0, 9), [1]] }, 422, /row 9 has 1 numbers, 2 are expected/],
  "one row": [{ rows: [[1]], targets: [1] }, 422, /two or more/],
  "labels and targets": [{ ...good, targets: list(10) }, 400, /give labels/],
  "neither labels nor targets": [{ rows }, 400, /give labels/],
  "too few labels": [{ ...good, labels: labels.slice(1) }, 422, /9 for 10 rows/],
  "labels of two kinds": [{ rows: short, labels: ["a", 1] }, 422, /all strings/],
  "labels that are lists": [{ rows: short, labels: [["a"], ["b"]] }, 400, /labels\/0/],
  "labels that are fractions": [{ rows: short, labels: [0.5, 1] }, 400, /labels\/0/],
  "one class": [{ ...good, labels: list(10, "left") }, 422, /all rows are of the class "left"/],
  "too many classes": [{ ...good, labels: rows.map((_, k) => k) }, 422, /classes: 10, at most 5/],
  "columns that do not vary": [{ ...good, rows: list(10, [1, 2]) }, 422, /no column varies/],
  "targets of two kinds": [{ rows: short, targets: [1, [2]] }, 422, /row 1 is a list/],
  "targets of two lengths": [{ rows: short, targets: [[1, 2], [3]] }, 422, /row 1 has 1/],
  "names for other columns": [{ ...good, columns: ["a"] }, 422, /1 names for 2 columns/],
  "a name twice": [{ ...good, columns: ["a", "a"] }, 422, /twice/],
  "an unknown option": [{ ...good, rate: 1 }, 400, /additional properties/],
  "a prototype": ['{"rows": [[1],[2]], "labels": ["a","b"], "__proto__": {"epochs": 3}}', 400, /__proto__|body/i],
  "epochs as text": [{ ...good, epochs: "5" }, 400, /epochs must be integer/],
  "no epochs": [{ ...good, epochs: 0 }, 400, /epochs must be >= 1/],
  "very many epochs": [{ ...good, epochs: 1e9 }, 422, /epochs: 1000000000, at most 20000/],
  "a negative rate": [{ ...good, learningRate: -1 }, 400, /learningRate must be > 0/],
  "an unknown activation": [{ ...good, activation: "swish" }, 400, /activation/],
  "a seed too large": [{ ...good, seed: 2 ** 33 }, 400, /seed/],
  "a layer of nothing": [{ ...good, hidden: [0] }, 400, /hidden\/0/],
  "too many layers": [{ ...good, hidden: list(4) }, 422, /hidden layers: 4, at most 3/],
  "too large a network": [{ ...good, hidden: [500, 500] }, 422, /parameters of the network: 253002, at most 50000/],
  "too many rows": [{ rows: list(501, [1]), targets: list(501) }, 422, /rows: 501, at most 500/],
  "too many columns": [{ rows: list(2, list(21)), targets: list(2) }, 422, /columns: 21, at most 20/],
  "too many numbers": [{ rows: list(400, list(15)), targets: list(400) }, 422, /6000, at most 5000/],
  "a body too large": [{ ...good, rows: list(60_000, [1, 2]) }, 413, /too large/],
};

const PREDICTIONS: Record<string, [body: unknown, status: number, words: RegExp]> = {
  "more columns than the model knows": [{ row: [1, 2, 3] }, 422, /row 0 has 3 numbers, 2 are expected/],
  "fewer columns": [{ rows: [[1, 2], [1]] }, 422, /row 1 has 1 numbers, 2 are expected/],
  "row and rows": [{ row: [1, 2], rows: [[1, 2]] }, 400, /give rows/],
  neither: [{}, 400, /give rows/],
  text: [{ row: ["1", 2] }, 400, /row\/0 must be number/],
  "numbers too large": [{ row: [1e31, 0] }, 422, /column 0 is 1e\+31/],
  "Infinity by a large number": ['{"row": [1e999, 0]}', 400, /row\/0 must be number/],
  "too many rows": [{ rows: list(101, [1, 2]) }, 422, /rows: 101, at most 100/],
  "a body too large": [{ rows: list(10_000, [1, 2]) }, 413, /too large/],
};

/** Everything that a problem must have. */
function expectProblem(answer: { status: number; headers: Headers; body: Record<string, unknown> }, status: number, words: RegExp): void {
  const { type, title, detail, instance } = answer.body;
  expect([answer.status, answer.body.status, answer.headers.get("content-type")]).toEqual([
    status,
    status,
    "application/problem+json; charset=utf-8",
  ]);
  expect([type, title, instance]).toEqual([
    expect.stringMatching(/^\/problems\/[a-z-]+$/),
    expect.any(String),
    expect.stringMatching(/^\//),
  ]);
  expect(detail).toMatch(words);
}

/** After whatever came: it still answers, and nothing is held. */
async function expectWell(): Promise<void> {
  expect((await acme.post("/models/known/predict", { row: [4, 0] })).status).toBe(200);
  expect(service.jobs.counts).toMatchObject({ queued: 0, running: 0 });
}

describe("a training of", () => {
  for (const [name, [body, status, words]] of Object.entries(TRAININGS))
    it(`${name} is ${status}`, async () => {
      expectProblem(await acme.post("/models/bad/train", body), status, words);
      await expectWell();
      // the name is free again
      expect((await acme.delete("/models/bad")).status).toBe(404);
    });

  it("text/plain or a form is 415", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"])
      expectProblem(await acme.post("/models/bad/train", "rows=1", { "content-type": type }), 415, /content-type/);
  });

  it("rows for which the rate is too high fails, says so, and leaves the model as it was", async () => {
    const before = (await acme.post("/models/known/predict", { row: [4, 0] })).body;
    const job = await acme.train("known", { ...good, learningRate: 1e30, epochs: 200 });
    expect(job).toMatchObject({ state: "failed", problem: { type: "/problems/non-finite", layer: expect.any(String) } });
    expect((await acme.post("/models/known/predict", { row: [4, 0] })).body).toEqual(before);
    await expectWell();
  });
});

describe("a prediction of", () => {
  for (const [name, [body, status, words]] of Object.entries(PREDICTIONS))
    it(`${name} is ${status}`, async () => {
      expectProblem(await acme.post("/models/known/predict", body), status, words);
      await expectWell();
    });

  it("rows so far out that numbers overflow is 422", async () => {
    const narrow = { rows: rows.map(([a, b]) => [a! * 1e-12, b! * 1e-12]), labels, epochs: 5 };
    await acme.train("narrow", narrow);
    expectProblem(await acme.post("/models/narrow/predict", { row: [1e30, 1e30] }), 422, /row 0 lies so far/);
  });
});

/** A request whose path is sent as it is; fetch would tidy it up. */
function raw(
  path: string,
  method = "GET",
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(service.url);
    const authorization = `Bearer ${KEYS.acme}`;
    const r = request({ host: "127.0.0.1", port, path, method, headers: { authorization, ...headers } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: new Headers(response.headers as Record<string, string>), body: JSON.parse(text) }),
      );
    });
    r.on("error", reject);
    r.end(method === "POST" ? JSON.stringify({ row: [1, 2] }) : undefined);
  });
}

describe("a path with", () => {
  const names: [name: string, path: string, status: number][] = [
    ["..", "/v1/tenants/acme/models/..", 400],
    [".. as a tenant", "/v1/tenants/../models", 401],
    ["encoded dots", "/v1/tenants/acme/models/%2e%2e", 400],
    ["an encoded slash", "/v1/tenants/acme/models/a%2Fb", 400],
    ["an encoded way up", "/v1/tenants/acme/models/..%2f..%2fbeta%2fmodels%2fknown", 400],
    ["an encoded way up for a tenant", "/v1/tenants/acme%2f..%2fbeta/models", 401],
    ["a backslash", "/v1/tenants/acme/models/..%5c..", 400],
    ["NUL", "/v1/tenants/acme/models/known%00", 400],
    ["a bad escape", "/v1/tenants/acme/models/%zz", 400],
    ["bytes that are no text", "/v1/tenants/acme/models/%ff%fe", 400],
    ["a hidden file", "/v1/tenants/acme/models/.hidden", 400],
    ["capitals", "/v1/tenants/acme/models/Known", 400],
    ["no name", "/v1/tenants/acme/models/", 400],
    ["a long name", `/v1/tenants/acme/models/${"a".repeat(65)}`, 400],
    ["a very long name", `/v1/tenants/acme/models/${"a".repeat(5000)}`, 400],
    ["a job that is none", "/v1/tenants/acme/jobs/..%2fjob", 400],
    ["nothing there", "/v2", 404],
  ];
  for (const [name, path, status] of names)
    it(`${name} is ${status}`, async () => {
      expectProblem(await raw(path), status, /./);
      await expectWell();
    });

  it("more than the parser takes is 431", async () => {
    expect(await raw(`/v1/tenants/acme/models/${"a".repeat(20_000)}`)).toMatchObject({ status: 431, body: { status: 431 } });
    await expectWell();
  });
});

describe("a key", () => {
  const cases: [name: string, header: string | undefined][] = [
    ["missing", undefined],
    ["of another tenant", `Bearer ${KEYS.beta}`],
    ["empty", "Bearer "],
    ["wrong", "Bearer acme-key-0123456780"],
    ["one character short", `Bearer ${KEYS.acme.slice(0, -1)}`],
    ["very long", `Bearer ${"a".repeat(5000)}`],
    ["in another scheme", `Basic ${KEYS.acme}`],
  ];
  for (const [name, authorization] of cases)
    it(`that is ${name} is 401, before the body is read`, async () => {
      const response = await fetch(`${service.url}/v1/tenants/acme/models/known/predict`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
        body: "not json",
      });
      const body = (await response.json()) as Record<string, unknown>;
      expectProblem({ status: response.status, headers: response.headers, body }, 401, /authorization/);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    });
});

/** Writes to a socket what no client would, and gives what comes back until the other side closes. */
function socket(write: (send: (text: string) => boolean, drained: () => Promise<unknown>) => Promise<void>): Promise<string> {
  return new Promise((resolve) => {
    const s = connect(Number(new URL(service.url).port), "127.0.0.1");
    let text = "";
    s.on("data", (chunk) => (text += chunk));
    s.on("close", () => resolve(text));
    s.on("error", () => {});
    s.on("connect", () => {
      const drained = () => Promise.race([new Promise((r) => s.once("drain", r)), new Promise((r) => s.once("close", r))]);
      void write((t) => !s.destroyed && s.write(t), drained);
    });
  });
}

describe("a body of 1 GB", () => {
  const head = `POST /v1/tenants/acme/models/known/train HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEYS.acme}\r\ncontent-type: application/json\r\n`;

  it("is refused by its content-length, before any of it comes", async () => {
    const answer = await socket(async (send) => void send(`${head}content-length: 1073741824\r\n\r\n`));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"/problems/too-large"');
    await expectWell();
  });

  it("without a content-length is cut off soon after the limit", async () => {
    const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    let sent = 0;
    const answer = await socket(async (send, drained) => {
      send(`${head}transfer-encoding: chunked\r\n\r\n`);
      for (; sent < 2 ** 30; sent += 0x10000)
        if (!send(chunk)) await Promise.race([drained(), new Promise((r) => setTimeout(r, 200))]);
        else if (sent > 2 ** 25) break;
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(2 ** 25);
    await expectWell();
  });

  it("what is no HTTP is 400", async () => {
    expect(await socket(async (send) => void send("HELLO\r\n\r\n"))).toMatch(/^HTTP\/1\.1 400 .*problem\+json/s);
    await expectWell();
  });
});
