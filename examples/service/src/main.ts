/** Starts the service: `npm run service`. Settings are in the README beside this folder. */
import { build } from "./app";
import { configFrom } from "./config";

const config = configFrom(process.env);
const service = await build(config);
const url = await service.start();
const [[tenant, key] = ["demo", "KEY"]] = config.keys;
const shown = process.env.API_KEYS === undefined && process.env.API_KEYS_FILE === undefined ? key : "KEY";
console.log(`neurite service: ${url}, data in ${config.data}

  curl -H 'authorization: Bearer ${shown}' -H 'content-type: application/json' ${url}/v1/tenants/${tenant}/models/xor/train \\
    -d '{"rows": [[0,0],[0,1],[1,0],[1,1]], "labels": ["same","other","other","same"], "epochs": 500}'
  curl -H 'authorization: Bearer ${shown}' -H 'content-type: application/json' ${url}/v1/tenants/${tenant}/models/xor/predict -d '{"row": [0,1]}'
`);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // whatever hangs, the process ends
  setTimeout(() => process.exit(1), config.shutdownMs).unref();
  await service.stop();
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
