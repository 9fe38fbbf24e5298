import { describe, expect, it } from "vitest";
import { main } from "../../src/cli/main";
import { helpOf, type OptionSpecs, parseOptions } from "../../src/cli/options";
import { terminal } from "./fake";

const SPECS = {
  filter: { value: "REGEX", help: "choose" },
  rule: { value: "RULE", multiple: true, help: "a rule; may be repeated" },
  browser: { value: "PATH", optional: true, help: "in a page" },
  quick: { help: "shorter" },
  help: { short: "h", help: "this text" },
} as const satisfies OptionSpecs;
const parse = (...args: string[]) => parseOptions(args, SPECS);

describe("options", () => {
  it("have values, or none, and defaults", () => {
    expect(parse()).toEqual({ filter: undefined, rule: [], browser: undefined, quick: false, help: false });
    expect(parse("--filter", "G", "--rule=a=1", "--rule", "b", "--quick", "-h")).toEqual({
      filter: "G",
      rule: ["a=1", "b"],
      browser: undefined,
      quick: true,
      help: true,
    });
  });
  it("may have a value that can be left out", () => {
    expect(parse("--browser").browser).toBe("");
    expect(parse("--browser", "--quick")).toMatchObject({ browser: "", quick: true });
    expect(parse("--browser", "/usr/bin/x").browser).toBe("/usr/bin/x");
    expect(parse("--browser=/usr/bin/x").browser).toBe("/usr/bin/x");
  });
  it.each([
    [["--filtre", "G"], "unknown option --filtre; did you mean --filter?"],
    [["--nothing-like-it"], "unknown option --nothing-like-it"],
    [["-x"], "unknown option -x"],
    [["--filter"], "--filter needs a value: --filter REGEX"],
    [["--filter="], "--filter needs a value: --filter REGEX"],
    [["--filter", "--quick"], "--filter needs a value, got the option --quick"],
    [["--quick=yes"], "--quick takes no value"],
    [["G"], "unexpected argument G; options begin with --"],
    [["--constructor"], "unknown option --constructor"],
  ])("%j is refused", (args, message) => expect(() => parse(...args)).toThrow(message));
  it("are listed with what they do", () => {
    const text = helpOf(SPECS);
    for (const part of ["--filter REGEX", "--browser [PATH]", "-h, --help", "a rule; may be repeated"]) expect(text).toContain(part);
  });
});

describe("the command line", () => {
  const at = async (...args: string[]) => {
    const io = terminal(process.cwd());
    return { code: await main(args, io), text: io.text, errors: io.errors };
  };
  it("lists the commands", async () => {
    expect(await at("--help")).toMatchObject({
      code: 0,
      errors: "",
      text: expect.stringMatching(/^neurite COMMAND[\s\S]*\n {2}bench +measure/),
    });
    expect(await at()).toMatchObject({ code: 2, text: "" });
  });
  it("tells the version", async () =>
    expect(await at("--version")).toMatchObject({ code: 0, text: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) }));
  it("refuses an unknown command or option in one line, exit code 2", async () => {
    expect(await at("bnech")).toEqual({
      code: 2,
      text: "",
      errors: "neurite: unknown command bnech; did you mean bench? (neurite --help lists them)\n",
    });
    expect(await at("toString")).toMatchObject({ code: 2 });
    expect(await at("bench", "--thresold", "5%")).toEqual({
      code: 2,
      text: "",
      errors: "neurite bench: unknown option --thresold; did you mean --threshold? (neurite bench --help lists the options)\n",
    });
  });
  it("shows help for a command", async () =>
    expect(await at("bench", "--help")).toMatchObject({ code: 0, errors: "", text: expect.stringContaining("--threshold [REGEX=]P%") }));
});
