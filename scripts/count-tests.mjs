// Prints the counts of a vitest JSON report as one plain line; exits 1 when a test failed, a file could not be run, or none ran.
import { readFileSync } from "node:fs";

let report;
try {
  report = JSON.parse(readFileSync(process.argv[2], "utf8"));
} catch {
  console.error("vitest wrote no report");
  process.exit(1);
}
const { numPassedTests, numFailedTests, numPendingTests, success } = report;
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
// a file that breaks before its first test fails the run without a failed test: it counts as one
const failed = numFailedTests > 0 || success ? numFailedTests : 1;
console.log(`tests: ${numPassedTests} passed, ${failed} failed${skipped}`);
process.exit(failed === 0 && numPassedTests > 0 ? 0 : 1);
