/** The session of the README, as it stands there, in a shell with curl. */
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noLeaks } from "../leaks";
import { folder, KEYS, serve } from "./support";

noLeaks();

const README = readFileSync(fileURLToPath(new URL("../../examples/service/README.md", import.meta.url)), "utf8");
const session = README.split("## A session")[1]!.split("```sh\n")[1]!.split("```")[0]!;

function missing(): string | undefined {
  try {
    for (const tool of ["bash", "curl"]) execFileSync(tool, ["--version"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "it takes bash and curl";
  }
}
const why = missing();

describe.skipIf(why !== undefined)(`the session of the README${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  let service: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    service = await serve({ data: folder() });
  });
  afterAll(() => service.stop());

  it("answers as it says", async () => {
    const lines = session.split("\n");
    const definitions = lines.filter((line) => /^(api=|call\(\))/.test(line));
    expect(definitions).toHaveLength(2);
    const prelude = definitions
      .join("\n")
      .replace("http://127.0.0.1:8080", service.url)
      .replace("a-key-of-16-or-more", KEYS.acme)
      .replace("curl -s", "curl -s -w '\\n%{http_code}'");
    let job = "";
    const statuses: string[] = [];
    for (const [k, line] of lines.entries()) {
      if (!/^(call|curl) /.test(line)) continue;
      const command = line
        .replace(/4ae9876d-\.\.\./, job)
        .replace("http://127.0.0.1:8080", service.url)
        .replace(/^curl /, "curl -s -w '\\n%{http_code}' ");
      const { stdout } = await promisify(execFile)("bash", ["-c", `${prelude}\n${command}`]);
      const answer = stdout.trimEnd().split("\n");
      statuses.push(answer.at(-1)!);
      const [promised = ""] = [/# (\{.*)$/.exec(line)?.[1] ?? /^# (?:\d+ )?(\{.*)$/.exec(lines[k + 1] ?? "")?.[1] ?? ""];
      const fields = [...promised.matchAll(/"(\w+)":/g)].map(([, name]) => name!);
      for (const name of fields) expect(stdout, line).toContain(`"${name}":`);
      if (job === "") job = (JSON.parse(answer[0]!) as { id: string }).id;
    }
    // the job has ended when it is to be cancelled
    expect(statuses).toEqual(["202", "200", "200", "409", "200", "200", "200", "200", "204", "200"]);
  });
});
