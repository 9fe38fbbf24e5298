/** Writes build/service.mjs, the service in one file that needs nothing but Node: `npm run service:build`. */
import { bundle } from "./process";

console.log(await bundle("service"));
