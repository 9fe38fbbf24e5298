import { describe, expect, test } from "vitest";
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  type Clip,
  clipGradNorm,
  clipGradValue,
  Linear,
  type Loss,
  mse,
  NAdam,
  neg,
  type Optimizer,
  Parameter,
  RAdam,
  RMSprop,
  Rprop,
  type ScheduleConfig,
  Sequential,
  SGD,
  Tanh,
  tensor,
} from "../../src/index";
import { resolveSchedule } from "../../src/optim/schedules";
import { noLeaks } from "../leaks";
import { distance, type GoldenArray, type Named, read } from "./files";
import { type Task, train, WAYS } from "./train";

noLeaks();

interface Run {
  name: string;
  optimizer: keyof typeof OPTIMIZERS;
  options: Record<string, unknown>;
  groups: Record<string, unknown>[] | null;
  schedule: ScheduleConfig | null;
  clip: Clip | null;
  steps: number;
  losses: number[];
  parameters: Named<GoldenArray>;
}

const OPTIMIZERS = { SGD, Adagrad, Adadelta, RMSprop, Adam, AdamW, Adamax, NAdam, RAdam, Rprop };

const golden = read<{
  net: { x: GoldenArray; y: GoldenArray; parameters: Named<GoldenArray> };
  runs: Run[];
  schedules: { config: ScheduleConfig; rates: number[] }[];
  clips: { kind: "norm" | "value"; max: number; gradients: GoldenArray[]; norm: number | null; clipped: GoldenArray[] }[];
}>("optimizers.json");

function make(run: Run): { model: Sequential; opt: Optimizer; task: Task } {
  const model = new Sequential(new Linear(5, 9), new Tanh(), new Linear(9, 3));
  model.loadStateDict(golden.net.parameters);
  const of = (part: string) => model.namedParameters().flatMap(([name, p]) => (name.endsWith(part) ? [p] : []));
  const params = run.groups === null ? model.parameters() : run.groups.map((g, k) => ({ params: of(k === 0 ? "weight" : "bias"), ...g }));
  const options = run.schedule === null ? run.options : { ...run.options, lr: run.schedule };
  const opt = new (OPTIMIZERS[run.optimizer] as unknown as new (p: unknown, o: object) => Optimizer)(params, options);
  const climbing: Loss = (output, target) => neg(mse(output, target));
  const loss = run.options.maximize === true ? climbing : mse;
  return { model, opt, task: { ...golden.net, steps: run.steps, loss, clip: run.clip ?? undefined } };
}

function start(name: string): number {
  return Math.max(...golden.net.parameters[name]!.data.map(Math.abs));
}

describe.each(golden.runs.filter((r) => r.optimizer in OPTIMIZERS).map((run) => [run.name, run] as const))("%s", (_, run) => {
  test(`parameters and losses of ${run.steps} steps within 1e-5 of PyTorch, relative to the largest item before or after; the same bits however they are run`, async () => {
    const trained = (way: string) => {
      const { model, opt, task } = make(run);
      return train(way, model, opt, task);
    };
    const eager = await trained("an eager loop");
    expect(distance(eager.losses, run.losses), "losses").toBeLessThan(1e-5);
    for (const [name, { data }] of Object.entries(run.parameters))
      expect(distance([...eager.parameters[name]!, start(name)], [...data, start(name)]), name).toBeLessThan(1e-5);
    for (const way of Object.keys(WAYS).slice(1)) expect(await trained(way), way).toEqual(eager);
  });
});

test.each(golden.schedules.map(({ config, rates }) => [JSON.stringify(config), config, rates] as const))(
  "%s: 30 rates within 1e-12 of PyTorch, relative to the largest",
  (_, config, rates) => {
    const schedule = resolveSchedule(config);
    expect(
      distance(
        rates.map((_rate, k) => schedule(k)),
        rates,
      ),
    ).toBeLessThan(1e-12);
    const again = resolveSchedule(JSON.parse(JSON.stringify(schedule.config)) as ScheduleConfig);
    expect(rates.map((_rate, k) => again(k))).toEqual(rates.map((_rate, k) => schedule(k)));
  },
);

test.each(golden.clips.map((c) => [c.kind, c.max, c] as const))(
  "clipping by %s to %d: gradients and norm within 2e-7 of PyTorch",
  (kind, max, c) => {
    const params = c.gradients.map(({ shape, data }) => {
      const p = new Parameter(shape);
      p.grad = tensor(data, shape);
      return p;
    });
    if (kind === "norm") expect(clipGradNorm(params, max) / c.norm!).toBeCloseTo(1, 6);
    else clipGradValue(params, max);
    for (const [k, p] of params.entries()) {
      expect(distance(p.grad!.data(), c.clipped[k]!.data)).toBeLessThan(2e-7);
      p.dispose();
    }
  },
);
