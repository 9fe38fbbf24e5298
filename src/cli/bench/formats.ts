import { short } from "./stats";
import type { Report, Row } from "./types";

const measured = ({ workloads }: Report): Row[] => workloads.filter((row) => row.failed === undefined);
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`;

interface Custom {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly range: string;
  readonly extra: string;
}

const extra = ({ machine: m, build }: Report, row: Row): string =>
  `best ${row.best} us\n${m.cpu}, ${m.runtime}, ${m.arithmetic}\nneurite ${build.version}${build.commit === undefined ? "" : ` ${build.commit}`}`;

/** customSmallerIsBetter of github-action-benchmark: medians in microseconds. https://github.com/benchmark-action/github-action-benchmark#readme */
export function customSmaller(report: Report): string {
  return json(
    measured(report).map(
      (row): Custom => ({
        name: row.name,
        unit: "us",
        value: row.median,
        range: `± ${Number((row.median * row.mad).toPrecision(3))}`,
        extra: extra(report, row),
      }),
    ),
  );
}

/** customBiggerIsBetter of github-action-benchmark: units a second. */
export function customBigger(report: Report): string {
  return json(
    measured(report).map((row): Custom => {
      const rate = 1e6 / row.median;
      return {
        name: row.name,
        unit: "1/s",
        value: short(rate),
        range: `± ${Number((rate * row.mad).toPrecision(3))}`,
        extra: extra(report, row),
      };
    }),
  );
}

/**
 * Bencher Metric Format: `latency` in nanoseconds and `throughput` in units a second, its built-in measures; the bounds are the least and the greatest round.
 * https://bencher.dev/docs/reference/bencher-metric-format/
 */
export function bencher(report: Report): string {
  return json(
    Object.fromEntries(
      measured(report).map((row) => {
        const rounds = row.rounds.flat();
        const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
        return [
          row.name,
          {
            latency: { value: short(1000 * row.median), lower_value: short(1000 * least), upper_value: short(1000 * most) },
            throughput: { value: short(1e6 / row.median), lower_value: short(1e6 / most), upper_value: short(1e6 / least) },
          },
        ];
      }),
    ),
  );
}
