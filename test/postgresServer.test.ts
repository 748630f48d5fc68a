import { expect, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { execPath } from "node:process"

const program = `
  import { Effect } from "effect"
  import { loadEmbeddedPostgres } from "./test/postgresServer.ts"
  await Effect.runPromise(loadEmbeddedPostgres)
  process.exitCode = 3
`

it("leaves the exit code of the process to the tests", () => {
  const { status, stderr } = spawnSync(
    execPath,
    ["--import", "./scripts/typescript.mjs", "--input-type=module", "--eval", program],
    { encoding: "utf8" }
  )

  expect({ status, stderr }).toEqual({ status: 3, stderr: "" })
})
