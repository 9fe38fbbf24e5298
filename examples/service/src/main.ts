/** Starts the service: `npm run service`. Settings are in the README beside this folder. Standard output is the log, JSON lines; people are spoken to on the other. */
import { build } from "./app";
import { configFrom } from "./config";

function fail(error: unknown): never {
  console.error(`neurite service: ${(error as Error).message}`);
  process.exit(1);
}

const config = await (async () => configFrom(process.env))().catch(fail);
const service = await build(config).catch(fail);
const url = await service.start().catch(fail);
const [[tenant, key] = ["demo", "KEY"]] = config.keys;
const demo = process.env.API_KEYS === undefined && process.env.API_KEYS_FILE === undefined;
const shown = demo ? key : "KEY";
console.error(`neurite service: ${url}, data in ${config.data}`);
if (demo || process.stderr.isTTY)
  console.error(`
  curl -H 'authorization: Bearer ${shown}' -H 'content-type: application/json' ${url}/v1/tenants/${tenant}/models/xor/train \\
    -d '{"rows": [[0,0],[0,1],[1,0],[1,1]], "labels": ["same","other","other","same"], "epochs": 500}'
  curl -H 'authorization: Bearer ${shown}' -H 'content-type: application/json' ${url}/v1/tenants/${tenant}/models/xor/predict -d '{"row": [0,1]}'
`);

let stopping = false;
async function stop(signal: NodeJS.Signals): Promise<void> {
  // who asks twice does not want to wait
  if (stopping) process.exit(1);
  stopping = true;
  service.app.log.info({ signal }, "the service ends");
  // whatever hangs, the process ends
  setTimeout(() => process.exit(1), config.drainMs + config.shutdownMs).unref();
  await service.stop();
  process.exit(0);
}
process.on("SIGTERM", (signal) => void stop(signal));
process.on("SIGINT", (signal) => void stop(signal));
