#!/usr/bin/env node
// Runs the property tests with other cases than `npm test`: one round after another, each with a random seed that is
// printed, until a round fails. The printed environment of the failed round repeats it.
//
//   npm run soak                                  one hour of live messages, then ten rounds, each with five times as many cases as `npm test`
//   npm run soak -- --rounds 100 test/properties  more rounds, and only files whose paths contain these words
import { spawnSync } from "node:child_process"
import { randomInt } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { argv, env, execPath, exit } from "node:process"
import { parseArgs } from "node:util"

const { positionals, values } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: { rounds: { type: "string", default: "10" } }
})

const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((path) => `test/${path}`)
  .filter((path) => path.endsWith(".test.ts") && readFileSync(path, "utf8").includes('/Property.ts"'))
  .filter((path) => positionals.length === 0 || positionals.some((words) => path.includes(words)))
if (files.length === 0) {
  console.error(`No property tests have ${positionals.join(" or ")} in their paths.`)
  exit(1)
}

if (positionals.length === 0) {
  const live = ["--expose-gc", "--import", "./scripts/typescript.mjs", "scripts/soak-live.ts"]
  if (spawnSync(execPath, live, { stdio: "inherit" }).status !== 0) exit(1)
}

const scale = env.PROPERTY_SCALE ?? "5"
const rounds = Number(values.rounds)
for (let round = 1; round <= rounds; round++) {
  const seed = String(randomInt(2 ** 31))
  const repeat = `PROPERTY_SEED=${seed} PROPERTY_SCALE=${scale}`
  console.log(`Round ${round} of ${rounds}: ${repeat}`)
  const { status } = spawnSync(execPath, ["node_modules/vitest/vitest.mjs", "run", "--bail", "1", ...files], {
    env: { ...env, PROPERTY_SEED: seed, PROPERTY_SCALE: scale },
    stdio: "inherit"
  })
  if (status !== 0) {
    console.error(`Round ${round} failed. To repeat it: ${repeat} npx vitest run ${files.join(" ")}`)
    exit(1)
  }
}
