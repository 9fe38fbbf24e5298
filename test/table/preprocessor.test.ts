import { describe, expect, it } from "vitest";
import { kFold, Preprocessor, type PreprocessorOptions, stratifiedSplit, Table } from "../../src/table/index";
import { noLeaks } from "../leaks";

noLeaks();

const people = Table.from(
  [
    { age: 30, sex: "f", job: "cook", ill: "no" },
    { age: 50, sex: "m", job: "clerk", ill: "yes" },
    { age: null, sex: "m", job: null, ill: "no" },
    { age: 70, sex: "f", job: "cook", ill: "yes" },
    { age: 40, sex: "f", job: "cook", ill: null },
  ],
  { types: { job: "category" } },
);
const fit = (options: Partial<PreprocessorOptions> = {}) => Preprocessor.fit(people, { target: "ill", scale: "minmax", ...options });

describe("a preprocessor", () => {
  it("scales numbers, encodes classes, fills in what is missing, and counts it", () => {
    const p = fit();
    expect(p.inputs).toEqual(["age", "sex = f", "sex = m", "job = clerk", "job = cook"]);
    expect(p.notes).toEqual({ rows: 4, dropped: 1, missing: { age: 1, job: 1, ill: 1 }, leftOut: [] });
    const { x, y, told } = p.encodeWithTarget(people.take([0, 1, 2, 3]));
    expect(x.shape).toEqual([4, 5]);
    // the median of 30, 50, 70 is 50; most are cooks
    expect([...x.data]).toEqual([0, 1, 0, 0, 1, 0.5, 0, 1, 1, 0, 0.5, 0, 1, 0, 1, 1, 1, 0, 0, 1]);
    expect(y).toEqual(Int32Array.of(0, 1, 0, 1));
    expect(told).toEqual({ filled: { age: 1, job: 1 }, unknown: {} });
  });

  it("leaves rows out where missing is drop, and says where cells were missing if asked", () => {
    expect([...fit({ missing: "drop" }).usable(people)]).toEqual([0, 1, 3]);
    const p = fit({ indicators: true });
    expect(p.inputs.slice(0, 2)).toEqual(["age", "age missing"]);
    const { x } = p.encode(people);
    expect([0, 1, 2, 3, 4].map((r) => x.data[r * 6 + 1])).toEqual([0, 0, 1, 0, 0]);
  });

  it("encodes classes as numbers on request, of single columns", () => {
    const p = fit({ encoding: { job: "ordinal" }, scale: "none" });
    expect(p.inputs).toEqual(["age", "sex = f", "sex = m", "job"]);
    expect([...p.encode(people).x.data].filter((_, k) => k % 4 === 3)).toEqual([1, 0, 1, 1, 1]);
  });

  it("goes through JSON, and takes rows whose columns stand in another order, are of another type, or hold new classes", () => {
    const p = Preprocessor.from(JSON.parse(JSON.stringify(fit().config)));
    const { x, told } = p.encode(
      Table.from([
        { job: "pilot", sex: "f", extra: 1, age: "60" },
        { job: "cook", sex: "m", age: 10, extra: 2 },
      ]),
    );
    expect([...x.data]).toEqual([0.75, 1, 0, 0, 0, -0.5, 0, 1, 0, 1]);
    expect(told.unknown).toEqual({ job: 1 });
  });

  it("takes classes that are numbers by their value", () => {
    const t = Table.from(
      [1, 2, 1, 2].map((v, k) => ({ cp: `${v}.0`, y: k })),
      { types: { cp: "category" } },
    );
    const p = Preprocessor.fit(t, { target: "y", task: "regress" });
    expect([...p.encode(Table.from([{ cp: 1 }, { cp: 2 }])).x.data]).toEqual([1, 0, 0, 1]);
  });

  it("learns nothing from rows it is not given", () => {
    const p = Preprocessor.fit(people.take([0, 1]), { target: "ill", scale: "minmax" });
    expect(p.encode(people.take([3])).x.data[0]).toBe(2);
  });

  it("tells classes from numbers in the target, and makes two classes of numbers above something", () => {
    const t = Table.from(Array.from({ length: 40 }, (_, k) => ({ x: k, few: k % 4, many: k * 1.5 })));
    expect(Preprocessor.fit(t, { target: "few" }).target).toMatchObject({ task: "classify", classes: ["0", "1", "2", "3"] });
    expect(Preprocessor.fit(t, { target: "many" }).target.task).toBe("regress");
    expect(Preprocessor.fit(t, { target: "few", task: "regress" }).target.task).toBe("regress");
    const { y } = Preprocessor.fit(t, { target: "few", above: 0 }).encodeWithTarget(t);
    expect([...(y as Int32Array)].slice(0, 5)).toEqual([0, 1, 1, 1, 0]);
  });

  it.each([
    [{ target: "il" }, 'OptionError: there is no column "il"; there are "age", "sex", "job", "ill"'],
    [{ target: "age", above: 99 }, "nothing"],
    [{ target: "sex", above: 1 }, "OptionError: above is for a target of numbers"],
    [{ target: "sex", task: "regress" as const }, 'DataError: the target "sex" is a column of classes'],
    [{ target: "ill", missing: "fill" as "drop" }, 'OptionError: missing must be "impute" or "drop"'],
    [{ target: "ill", scale: "log" as "none" }, 'OptionError: scale: "log" is unknown'],
    [{ target: "ill", skip: ["age", "sex", "job"] }, "DataError: there are no columns to learn from"],
  ])("refuses %j", (options, message) => {
    let said = "nothing";
    try {
      Preprocessor.fit(people, options);
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(message);
  });

  it("refuses targets that are missing, new, or all the same", () => {
    expect(() => fit().encodeWithTarget(people)).toThrow('the target "ill" is missing in row 5');
    expect(() => fit().encodeWithTarget(Table.from([{ ...people.record(0), ill: "maybe" }]))).toThrow(
      '"maybe" in row 1, a class that training did not have; it had no, yes',
    );
    expect(() => Preprocessor.fit(people.take([0, 2]), { target: "ill" })).toThrow('"no" in every row');
  });
});

describe("splits", () => {
  const classes = Array.from({ length: 100 }, (_, k) => (k < 70 ? 0 : k < 95 ? 1 : 2));
  const share = (rows: Int32Array, c: number) => rows.filter((r) => classes[r] === c).length;

  it("give each part its share of every class, to a row, and every row once", () => {
    const parts = stratifiedSplit(100, [0.7, 0.2, 0.1], { seed: 3, stratify: classes });
    expect(parts.map((p) => p.length)).toEqual([70, 20, 10]);
    for (const [k, f] of [0.7, 0.2, 0.1].entries())
      for (const [c, n] of [70, 25, 5].entries()) expect(Math.abs(share(parts[k]!, c) - f * n)).toBeLessThanOrEqual(1);
    expect(parts.flatMap((p) => [...p]).sort((a, b) => a - b)).toEqual(classes.map((_, k) => k));
  });

  it("of k folds hold each row out once, and go by the seed", () => {
    const folds = kFold(100, 10, { seed: 1, stratify: classes });
    expect(folds.flatMap((f) => [...f.test]).sort((a, b) => a - b)).toEqual(classes.map((_, k) => k));
    for (const { train, test } of folds) {
      expect(train.length).toBe(90);
      expect(share(test, 0)).toBe(7);
      expect(new Set([...train, ...test]).size).toBe(100);
    }
    expect(kFold(100, 10, { seed: 1, stratify: classes })).toEqual(folds);
    expect(kFold(100, 10, { seed: 2, stratify: classes })).not.toEqual(folds);
    expect(() => kFold(5, 6)).toThrow("from 2 to the 5 rows");
  });
});
