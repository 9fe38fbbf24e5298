import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readCsv, readJsonLines, type Table } from "../../src/table/index";

const text = (t: string) => ({ text: t });
const rows = (t: Table) => Array.from({ length: t.rows }, (_, r) => t.record(r));
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "nothing was thrown",
    (e: Error) => `${e.name}: ${e.message}`,
  );

/** The same text in pieces of so many characters. */
async function* pieces(t: string, size: number) {
  for (let at = 0; at < t.length; at += size) yield t.slice(at, at + size);
}

describe("readCsv", () => {
  it("finds names, types and missing cells by itself", async () => {
    const t = await readCsv(text('age,sex,note\n63,m,"a, b"\n?,f,\n 41.5 ,m,"say ""no"""\n'));
    expect(t.columns.map((c) => [c.name, c.type])).toEqual([
      ["age", "number"],
      ["sex", "category"],
      ["note", "category"],
    ]);
    expect(rows(t)).toEqual([
      { age: 63, sex: "m", note: "a, b" },
      { age: null, sex: "f", note: null },
      { age: 41.5, sex: "m", note: 'say "no"' },
    ]);
    expect(t.missing()).toEqual({ age: 1, note: 1 });
  });

  it("takes rows without a header, names of one's own, and types", async () => {
    const plain = await readCsv(text("1,2\n3,4\n"));
    expect(plain.names).toEqual(["0", "1"]);
    const named = await readCsv(text("1,2\n3,4\n"), { columns: ["a", "b"], types: { b: "category" } });
    expect(rows(named)).toEqual([
      { a: 1, b: "2" },
      { a: 3, b: "4" },
    ]);
    expect((await readCsv(text("a,b\n3,4\n"), { columns: ["x", "y"] })).names).toEqual(["x", "y"]);
    expect((await readCsv(text("2001,2002\n3,4\n"), { header: true })).names).toEqual(["2001", "2002"]);
  });

  it.each([
    ["semicolons", "a;b\n1;2\n3;4\n"],
    ["tabs", "a\tb\n1\t2\n3\t4\n"],
    ["carriage returns, and quotes at the end of a line", '"a","b"\r\n"1","2"\r\n"3","4"\r\n'],
    ["a byte order mark and no last end of line", "\ufeffa,b\n1,2\n3,4"],
    ["blank lines", "a,b\n\n1,2\n   \n3,4\n\n"],
  ])("reads %s", async (_, t) =>
    expect(rows(await readCsv(new TextEncoder().encode(t)))).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]),
  );

  it("gives the same table whatever the pieces it comes in, gzip or not", async () => {
    const lines = Array.from({ length: 9000 }, (_, k) => `${k},"line ${k % 7}\nwith ""quotes"", and é",${k % 3 === 0 ? "" : k / 8}`);
    const all = `id,text,value\n${lines.join("\n")}\n`;
    const whole = await readCsv(text(all));
    expect(whole.rows).toBe(9000);
    expect(whole.column("text").type).toBe("category");
    for (const size of [1000, 65_537]) expect(await readCsv(pieces(all, size))).toEqual(whole);
    expect(await readCsv(new Blob([gzipSync(all)]))).toEqual(whole);
    expect(await readCsv(new Blob([all]).stream())).toEqual(whole);
    expect((await readCsv(text(all), { limit: 10 })).rows).toBe(10);
  });

  it("takes a column of many different texts for text, and one of few for classes", async () => {
    const t = await readCsv(text(`name,kind\n${Array.from({ length: 200 }, (_, k) => `person ${k},k${k % 4}`).join("\n")}`));
    expect(t.columns.map((c) => c.type)).toEqual(["text", "category"]);
  });

  it.each([
    ["a row that is too short", "a,b\n1,2\n3\n", "DataError: readCsv: row 3 has 1 cells, but there are 2 columns"],
    [
      "a number gone wrong",
      `a\n${"1\n2\n".repeat(20)}1O\n`,
      'DataError: column "a": row 41 is "1O", which is no number; name it among { missing }',
    ],
    ["quotes that are not closed", 'a,b\n1,"2\n3,4\n', "DataError: row 2: Quoted field unterminated"],
    ["nothing", "", "DataError: readCsv: there are no rows"],
    ["a header alone", "a,b\n", "DataError: readCsv: there are no rows"],
    ["two columns of one name", "a,a\n1,2\n", 'DataError: two columns are called "a"'],
  ])("refuses %s", async (_, t, message) => expect(await failure(readCsv(text(t)))).toContain(message));

  it("refuses what is not UTF-8, damaged gzip, files that are not there, and types of columns that are not there", async () => {
    expect(await failure(readCsv(Uint8Array.of(97, 10, 0xff, 0xfe)))).toContain("not UTF-8");
    expect(await failure(readCsv(gzipSync("a\n1\n".repeat(1000)).subarray(0, 30)))).toContain("damaged or cut short");
    expect(await failure(readCsv("/nowhere/rows.csv"))).toContain("FileError: cannot read /nowhere/rows.csv: there is no such file");
    expect(await failure(readCsv(text("a\n1\n"), { types: { b: "number" } }))).toContain('there is no column "b"; there are "a"');
  });
});

describe("readJsonLines", () => {
  it("reads an object a line, with keys that come and go", async () => {
    const t = await readJsonLines(pieces('{"a":1,"b":"x"}\n\n{"a":2.5}\n{"c":true,"a":null}', 7));
    expect(rows(t)).toEqual([
      { a: 1, b: "x", c: null },
      { a: 2.5, b: null, c: null },
      { a: null, b: null, c: "true" },
    ]);
  });
  it("names the line that is none", async () => {
    expect(await failure(readJsonLines(text('{"a":1}\n[1]\n')))).toBe("DataError: readJsonLines: line 2 is no object, but [1]");
    expect(await failure(readJsonLines(text('{"a":1}\n{"a"\n')))).toContain("DataError: readJsonLines: line 2 is no JSON");
    expect(await failure(readJsonLines(text('{"a":{"b":1}}\n')))).toContain("a cell is an object");
  });
});
