// The referee: the official conformance suite against our edge, once for each revision that we serve.
//
//   npm run conformance              both revisions
//   npm run conformance -- REVISION  one of them
import { Effect, Logger, LogLevel } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { argv, execPath, exit, version } from "node:process"
import { fileURLToPath } from "node:url"
import { serveFixtures } from "./serve.ts"

const revisions = argv.length > 2 ? argv.slice(2) : ["2025-11-25", "2026-07-28"]

const suite = fileURLToPath(
  new URL("../../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url)
)
const onNode20 =
  Number(version.slice(1).split(".")[0]) < 22 ? ["--import", new URL("node20.mjs", import.meta.url).href] : []

/** What the suite says of one revision, on our own output, and its exit code. */
const judge = (url: string, revision: string) =>
  Effect.promise(() => {
    const args = ["server", "--url", url, "--requirements", revision]
    const child = spawn(execPath, [...onNode20, suite, ...args], { stdio: "inherit" })
    return once(child, "exit").then(([code]: Array<number | null>) => code ?? 1)
  })

const program = Effect.gen(function* () {
  const url = yield* serveFixtures
  return yield* Effect.forEach(revisions, (revision) => judge(url, revision))
}).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.Warning))

const codes = await Effect.runPromise(program)
exit(Math.max(...codes))
