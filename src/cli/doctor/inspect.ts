import { Cause, Duration, Effect, Logger, LogLevel } from "effect"
import { authorityCheck } from "./checks/authority.ts"
import { databasesCheck } from "./checks/databases.ts"
import { diskCheck } from "./checks/disk.ts"
import { filesCheck } from "./checks/files.ts"
import { krakenCheck } from "./checks/kraken.ts"
import { networkCheck } from "./checks/network.ts"
import { nodeCheck } from "./checks/node.ts"
import { recordCheck } from "./checks/record.ts"
import { serverCheck } from "./checks/server.ts"
import { settingsCheck } from "./checks/settings.ts"
import { stopCheck } from "./checks/stop.ts"
import { tlsCheck } from "./checks/tls.ts"
import { tokensCheck } from "./checks/tokens.ts"
import { type Check, error, type Finding, type Severity } from "./kit/finding.ts"
import type { Installation } from "./kit/installation.ts"

/** Checks that wait for other programs, or take a moment at most. */
const waiting: ReadonlyArray<Check> = [
  nodeCheck,
  settingsCheck,
  filesCheck,
  diskCheck,
  tlsCheck,
  networkCheck,
  tokensCheck,
  authorityCheck,
  stopCheck,
  serverCheck,
  krakenCheck
]

/** Checks that compute for long. They come last, since they would keep answers of the others from being read in time. */
const computing: ReadonlyArray<Check> = [databasesCheck, recordCheck]

/** The longest time for one check. */
const longest = Duration.seconds(5)

/** Reports which checks have begun and ended, so that a person sees what is waited for. */
export interface Progress {
  readonly begun: (name: string) => Effect.Effect<void>
  readonly ended: (name: string) => Effect.Effect<void>
}

/** Runs all checks, and lists what they found: errors first, else in the order of the checks. Changes nothing. */
export const inspect = Effect.fn("doctor.inspect")(function* (installation: Installation, progress: Progress) {
  const run = (check: Check) =>
    progress
      .begun(check.name)
      .pipe(Effect.zipRight(guarded(check, installation)), Effect.zipLeft(progress.ended(check.name)))
  const found: Array<ReadonlyArray<Finding>> = []
  for (const checks of [waiting, computing])
    found.push(...(yield* Effect.forEach(checks, run, { concurrency: "unbounded" })))
  return found.flat().toSorted((a, b) => weights[a.severity] - weights[b.severity])
}, Logger.withMinimumLogLevel(LogLevel.None))

const weights: Record<Severity, number> = { error: 0, warning: 1, info: 2 }

/** A check that fails or takes too long is a finding, too: what it would have found is not known. */
const guarded = ({ name, run }: Check, installation: Installation): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.suspend(() => run(installation)).pipe(
    Effect.disconnect,
    Effect.timeoutTo({
      duration: longest,
      onSuccess: (findings) => findings,
      onTimeout: () => [notMade(name, `it took longer than ${Duration.toSeconds(longest)} s`)]
    }),
    Effect.catchAllCause((cause) => Effect.succeed([notMade(name, reasonOf(cause))]))
  )

const notMade = (name: string, reason: string): Finding =>
  error("check.failed", `The check of ${name} could not be made: ${reason}.`, "Install mcp-kraken again if this stays.")

const reasonOf = (cause: Cause.Cause<never>): string => {
  const defect = Cause.squash(cause)
  return defect instanceof Error ? defect.message.replace(/\.$/, "") : String(defect)
}
