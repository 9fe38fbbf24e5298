import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lockFolder } from "../../examples/service/src/lock";
import { folder } from "./support";

it("a folder is held by one process that lives, and by none that was killed", async () => {
  const data = folder();
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const pid = join(data, "pid");
  writeFileSync(pid, String(other.pid));
  await expect(lockFolder(data)).rejects.toThrow(`in use by process ${other.pid}`);
  other.kill("SIGKILL");
  await new Promise((resolve) => other.on("exit", resolve));
  const free = await lockFolder(data);
  expect(existsSync(pid)).toBe(true);
  await free();
  expect(existsSync(pid)).toBe(false);
});
