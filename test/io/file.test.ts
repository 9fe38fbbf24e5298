/** Files that are whole at any moment, and what is said where there can be none. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it, vi } from "vitest";
import { FileError, type FileErrorCode, loadModel, OptionError, writeFileAtomic } from "../../src/index";

const root = mkdtempSync(join(tmpdir(), "neurite-"));
afterAll(() => rmSync(root, { recursive: true }));

describe("writeFileAtomic", () => {
  it("writes text and bytes, under a path or a URL, and replaces what was there", async () => {
    const path = join(root, "a.json");
    await writeFileAtomic(path, "größer");
    expect(readFileSync(path, "utf8")).toBe("größer");
    await writeFileAtomic(pathToFileURL(path), Uint8Array.of(1, 2, 3));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(readdirSync(root)).toEqual(["a.json"]);
    await expect(writeFileAtomic("", "x")).rejects.toThrow(OptionError);
  });

  it("leaves the old file as it was, and nothing else, where it fails on the way", async () => {
    const path = join(root, "b.txt");
    await writeFileAtomic(path, "old");
    const fs = await import("node:fs/promises");
    const probe = await fs.open(path);
    const proto = Object.getPrototypeOf(probe) as { sync(): Promise<void> };
    await probe.close();
    const sync = vi.spyOn(proto, "sync").mockRejectedValue(Object.assign(new Error("EIO"), { code: "EIO" }));
    await expect(writeFileAtomic(path, "new")).rejects.toThrow(/cannot write .*b\.txt: EIO \(EIO\); 3 bytes are needed/);
    sync.mockRestore();
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(root).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("does not show the new file before it is synced, and syncs the folder after it", async () => {
    const path = join(root, "c.txt");
    const fs = await import("node:fs/promises");
    const probe = await fs.open(root);
    const proto = Object.getPrototypeOf(probe) as { sync(): Promise<void>; stat(): Promise<{ isDirectory(): boolean }> };
    await probe.close();
    const seen: [kind: string, there: boolean][] = [];
    const { sync } = proto;
    const spy = vi.spyOn(proto, "sync").mockImplementation(async function (this: typeof proto) {
      seen.push([(await this.stat()).isDirectory() ? "folder" : "file", readdirSync(root).includes("c.txt")]);
      await sync.call(this);
    });
    await writeFileAtomic(path, "x").finally(() => spy.mockRestore());
    expect(seen).toEqual([
      ["file", false],
      ["folder", true],
    ]);
  });
});

describe("the code of a FileError", () => {
  const code = async (run: () => Promise<unknown>): Promise<FileErrorCode> => {
    const error = await run().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    return (error as FileError).code;
  };

  it("is the same for the same cause on every system", async () => {
    mkdirSync(join(root, "folder"));
    symlinkSync(join(root, "loop"), join(root, "loop"));
    writeFileSync(join(root, "file"), "x");
    expect(await code(() => loadModel(join(root, "none")))).toBe("not-found");
    expect(await code(() => loadModel(join(root, "folder")))).toBe("bad-path");
    expect(await code(() => writeFileAtomic(join(root, "file", "x"), ""))).toBe("bad-path");
    expect(await code(() => writeFileAtomic(join(root, "n".repeat(400)), ""))).toBe("bad-path");
    expect(await code(() => loadModel(join(root, "loop")))).toBe("bad-path");
    expect(await code(() => loadModel("a\0b"))).toBe("bad-path");
  });

  it("names what cannot be had at will", async () => {
    const fs = await import("node:fs/promises");
    const probe = await fs.open(root);
    const proto = Object.getPrototypeOf(probe) as { writeFile(): Promise<void> };
    await probe.close();
    const cases: Record<string, FileErrorCode> = {
      ENOSPC: "disk-full",
      EDQUOT: "disk-full",
      EFBIG: "too-large",
      EACCES: "denied",
      EPERM: "denied",
      EROFS: "denied",
      EMFILE: "busy",
      EIO: "failed",
    };
    for (const [name, expected] of Object.entries(cases)) {
      const spy = vi.spyOn(proto, "writeFile").mockRejectedValue(Object.assign(new Error(name), { code: name }));
      expect(await code(() => writeFileAtomic(join(root, "d"), "x")), name).toBe(expected);
      spy.mockRestore();
    }
  });
});
