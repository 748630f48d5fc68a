// Says how vitest's own report ends, alone on the last line; exit code 1 if anything failed or nothing passed.
import { existsSync, readFileSync } from "node:fs"
import { argv, exit } from "node:process"

const report = existsSync(argv[2]) ? JSON.parse(readFileSync(argv[2], "utf8")) : undefined
if (report === undefined) console.log("No test has run.")

const { numFailedTests = 0, numPassedTests = 0, numPendingTests = 0, numTodoTests = 0, testResults = [] } = report ?? {}

// A file that can't be loaded has no tests to fail, and failed all the same.
const unloaded = testResults.filter(
  ({ assertionResults, status }) => status === "failed" && assertionResults.length === 0
)
const failed = numFailedTests + unloaded.length
const skipped = numPendingTests + numTodoTests

console.log(`${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`)
exit(failed > 0 || numPassedTests === 0 ? 1 : 0)
