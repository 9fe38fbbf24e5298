import { afterAll, expect, it } from "vitest";
import { init, runtimeInfo } from "../../src/index";
import { noLeaks } from "../leaks";
import { clouds, folder, serve } from "./support";

noLeaks();
afterAll(() => init({ threads: 0 }));

it("with worker threads the service gives the same models, and answers while four trainings run on them", async () => {
  const answers: unknown[] = [];
  for (const threads of [0, 2]) {
    const service = await serve({ data: folder(), threads });
    try {
      expect(runtimeInfo().threads).toBe(threads);
      const { acme, beta } = service;
      const body = { ...clouds(200), epochs: 40, seed: 5 };
      await acme.train("first", body);
      const ids = await Promise.all([acme.begin("a", body), acme.begin("b", body), beta.begin("a", body), beta.begin("b", body)]);
      const { body: during } = await acme.post("/models/first/predict", { rows: clouds(40).rows });
      for (const [k, id] of ids.entries()) expect(await (k < 2 ? acme : beta).ended(id)).toMatchObject({ state: "succeeded" });
      const { body: after } = await beta.post("/models/b/predict", { rows: clouds(40).rows });
      expect(after.predictions).toEqual(during.predictions);
      answers.push(during.predictions);
    } finally {
      await service.stop();
    }
  }
  expect(answers[1]).toEqual(answers[0]);
});
