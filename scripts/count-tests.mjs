// Prints the counts of vitest's JSON reports, added up, as one plain line; exits 1 when a test failed, a file could not be run, or a run had none.
import { readFileSync } from "node:fs";

let [passed, failed, skipped] = [0, 0, 0];
for (const file of process.argv.slice(2)) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    console.error("vitest wrote no report");
    process.exit(1);
  }
  const { numPassedTests, numFailedTests, numPendingTests, success } = report;
  passed += numPassedTests;
  skipped += numPendingTests;
  // a file that breaks before its first test fails the run without a failed test: it counts as one; so does a run without tests
  failed += numFailedTests > 0 || (success && numPassedTests > 0) ? numFailedTests : 1;
}
console.log(`tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
