import { Effect } from "effect"
import process from "node:process"
import { toStderr } from "../../layers/telemetry/stderr.ts"
import { writeOut } from "../kit/writeOut.ts"
import { nodeFindings } from "./checks/node.ts"
import { homeOf } from "./home.ts"
import { inspect, type Progress } from "./inspect.ts"
import { makeInstallation, type Options } from "./kit/installation.ts"
import { isHealthy, type Report, toJson, toText, withoutSecrets } from "./report.ts"
import { thisSystem } from "./kit/system.ts"

/** Checks the installation, prints what was found, and sets the exit code: 1 for an error or a warning. */
export const run = Effect.fn("doctor")(function* ({ json, ...options }: Options & { readonly json: boolean }) {
  const tooOld = nodeFindings(thisSystem.nodeVersion)
  const { file, report } =
    tooOld.length > 0 ? { file: undefined, report: { findings: tooOld, home: null } } : yield* check(options)
  yield* Effect.sync(() => {
    process.exitCode = isHealthy(report) ? 0 : 1
  })
  yield* writeOut(`${json ? toJson(report, options.stdio) : toText(report, options.stdio, file)}\n`)
})

const check = Effect.fnUntraced(function* (options: Options) {
  const installation = makeInstallation(options, thisSystem)
  const findings = yield* Effect.scoped(Effect.flatMap(makeProgress, (progress) => inspect(installation, progress)))
  const { name, source } = installation.dotenv
  const report: Report = { findings: withoutSecrets(findings, installation), home: homeOf(installation) }
  return { report, file: source.size === 0 ? undefined : name }
})

/** Tells on stderr that something happens: at once, and every second what is still waited for. */
const makeProgress = Effect.gen(function* () {
  const pending = new Set<string>()
  const tell = (text: string) => Effect.sync(() => toStderr(text, true))
  yield* tell("Checking; this takes at most ten seconds …")
  yield* Effect.suspend(() => tell(`Still checking: ${[...pending].join(", ")} …`)).pipe(
    Effect.delay("1 second"),
    Effect.forever,
    Effect.forkScoped
  )
  const progress: Progress = {
    begun: (name) => Effect.sync(() => void pending.add(name)),
    ended: (name) => Effect.sync(() => void pending.delete(name))
  }
  return progress
})
