/** Run with flags that take SIMD from the engine: what the first use of the library says, and an explicit init(). */
import { init, type NeuriteError, tensor } from "../../src/index";

const said = (error: unknown) => ({ name: (error as NeuriteError).name, message: (error as NeuriteError).message });
const results: unknown[] = [];
try {
  tensor([1]);
} catch (error) {
  results.push(said(error));
}
await init().catch((error) => results.push(said(error)));
console.log(JSON.stringify(results));
