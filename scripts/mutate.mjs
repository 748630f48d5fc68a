#!/usr/bin/env node
// Mutates the safety core in many small ways, one at a time, and lists the mutants that no test notices. Exit code 1 if
// fewer than 90 % are noticed. Reports for a browser go to dist/mutation.
//
//   npm run mutate                                the files of scripts/mutation/groups.mjs
//   npm run mutate -- src/domain/numbers/decimal.ts …     only these of them; FILE:10-20 is a range of lines
//   npm run mutate -- --concurrency 1 …           one at a time, on a machine with other load
import { Stryker } from "@stryker-mutator/core"
import { relative } from "node:path"
import { env, exit } from "node:process"
import { parseArgs } from "node:util"
import { groups } from "./mutation/groups.mjs"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: "string" } }
})

/** The least percentage of mutants that have to be noticed. */
const enough = 90

const run = async (name, mutate) => {
  // Read by the processes of the test runner, in scripts/mutation/vitest.config.ts.
  env.MUTATION_GROUP = name
  const stryker = new Stryker({
    mutate,
    testRunner: "vitest",
    vitest: { configFile: "scripts/mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    plugins: ["@stryker-mutator/vitest-runner", "./scripts/mutation/wording.mjs"],
    ignorers: ["wording"],
    // Nothing is compiled: TypeScript 7 lacks the API that Stryker uses on a tsconfig.json.
    disableTypeChecks: false,
    tsconfigFile: "none",
    ignorePatterns: ["dist", "bench", "docs"],
    tempDirName: ".stryker-tmp",
    ...(values.concurrency && { concurrency: Number(values.concurrency) }),
    // A slow run on a busy machine must not count as a noticed mutant; an endless loop does.
    timeoutMS: 30_000,
    reporters: ["progress-append-only", "html", "json"],
    htmlReporter: { fileName: `dist/mutation/${name}.html` },
    jsonReporter: { fileName: `dist/mutation/${name}.json` },
    thresholds: { high: 100, low: enough, break: null },
    warnings: { slow: false },
    logLevel: "warn"
  })
  return stryker.runMutationTest()
}

const noticed = new Set(["Killed", "Timeout"])
const missed = new Set(["Survived", "NoCoverage"])

const started = Date.now()
const results = []
const unknown = new Set(positionals)
for (const [name, { sources }] of Object.entries(groups)) {
  const chosen = positionals.filter((given) => sources.includes(given.replace(/:.*/, "")))
  for (const given of chosen) unknown.delete(given)
  const mutate = positionals.length === 0 ? [...sources] : chosen
  if (mutate.length > 0) results.push(...(await run(name, mutate)))
}
for (const given of unknown) console.error(`${given} is not in the groups of scripts/mutation/groups.mjs.`)

const share = (all) => {
  const counted = all.filter(({ status }) => noticed.has(status) || missed.has(status))
  const good = counted.filter(({ status }) => noticed.has(status)).length
  return { mutants: counted.length, noticed: good, percent: Math.floor((1000 * good) / counted.length) / 10 }
}

const byFile = new Map()
for (const { fileName, ...result } of results) {
  const file = relative(".", fileName)
  byFile.set(file, [...(byFile.get(file) ?? []), result])
}
for (const [file, all] of byFile) {
  for (const { location, mutatorName, replacement, status } of all.filter(({ status }) => missed.has(status))) {
    console.log(`${file}:${location.start.line}:${location.start.column} ${status} ${mutatorName}: ${replacement}`)
  }
}
console.table(Object.fromEntries([...byFile, ["all", results]].map(([file, all]) => [file, share(all)])))
console.log(`${Math.round((Date.now() - started) / 60_000)} minutes`)
exit(unknown.size > 0 || share(results).percent < enough ? 1 : 0)
