import { Clock, Console, Effect, Option, Ref } from "effect"
import process from "node:process"
import { escapeLines, escapeText } from "../../domain/wire/escapeText.ts"
import { haltFileIn, lookAtHaltFile } from "../../layers/access/halt/haltFile.ts"
import type { PanicOptions } from "../../layers/kraken/writes/panic/panicReport.ts"
import { runningServers } from "../../layers/process/runningServers.ts"
import { type EmergencySettings, emergencySettings } from "../../layers/settings/emergency.ts"
import { unusedFolder } from "../kit/unusedFolder.ts"
import { writeOut } from "../kit/writeOut.ts"
import { cancelOrders } from "./cancelOrders.ts"
import { emergencyAuthority } from "./emergencyAuthority.ts"
import { freeze, halvesIn, isSameStop, keepFreezing } from "./freeze.ts"
import {
  frozenLine,
  interruptedText,
  isEndDone,
  nothingYet,
  type PanicEnd,
  type Remains,
  scopeLine,
  toJson,
  toText
} from "./panicWords.ts"

interface Given extends Omit<PanicOptions, "account"> {
  readonly account: Option.Option<string>
  readonly reason: Option.Option<string>
  readonly json: boolean
  readonly envFile: Option.Option<string>
}

/**
 * Freezes first, with no more than the state folder. Then cancels with the API key of the settings, or on the simulated
 * accounts, or has a running server do it. Every end but a proven one has exit code 1, and an interruption 130.
 */
export const runPanicCommand = Effect.fn("panic.command")(function* (given: Given) {
  yield* exitWith(1)
  const remains = yield* Ref.make(nothingYet)
  yield* Effect.onInterrupt(freezeAndCancel(given, remains), () =>
    Effect.gen(function* () {
      yield* exitWith(interrupted)
      const now = yield* Ref.get(remains)
      yield* say(interruptedText({ ...now, isFrozen: yield* isStillFrozen(now) }, given))
    })
  )
})

/** Tells whether trading is frozen now. The file stops while the row is still waited for, and both can be gone by now. */
const isStillFrozen = Effect.fnUntraced(function* ({ authority, isFrozen, stateDir }: Remains) {
  if (stateDir === undefined || authority === undefined || isFrozen === false) return isFrozen
  const { file, row } = yield* halvesIn(stateDir, authority)
  // A file that cannot be looked at has no time.
  return (file ?? 0) > 0 || typeof row === "number" || (isFrozen === undefined ? undefined : false)
})

/** The exit code of a command that Ctrl-C ended. */
const interrupted = 130

const freezeAndCancel = Effect.fnUntraced(function* (
  { account, envFile, json, reason, ...given }: Given,
  remains: Ref.Ref<Remains>
) {
  const options = { ...given, ...(Option.isSome(account) && { account: account.value }) }
  const settings = yield* emergencySettings(envFile)
  const { notes, stateDir } = settings
  yield* say(scopeLine(settings))
  yield* Effect.forEach([...notes, ...settings.problems], say)
  const authority = yield* emergencyAuthority(settings)
  yield* Ref.set(remains, { ...nothingYet, authority, stateDir })
  const stop = {
    since: yield* Clock.currentTimeMillis,
    by: "local",
    ...(Option.isSome(reason) && { reason: reason.value })
  }
  const isUnused = authority.isMissing()
  const first = yield* freeze(stateDir, authority, stop)
  yield* Ref.update(remains, (remains) => ({ ...remains, isFrozen: first.file || first.row }))
  yield* say(frozenLine(first))
  yield* Effect.forEach(first.notes, say)
  yield* keepFreezing(authority, stop, first)
  const halves = yield* halvesIn(stateDir, authority)
  const worked = yield* cancelOrders({ authority, options, stateDir, say, remains }, settings)
  const last = yield* halvesIn(stateDir, authority)
  const isKept = isSameStop(halves, last)
  const isFrozen = last.file !== undefined || last.row !== undefined
  const freezing = !isFrozen
    ? { ...first, file: false, row: false }
    : first.file && first.row && isKept
      ? first
      : // A record that was busy at the beginning might be free by now.
        { ...(yield* freeze(stateDir, authority, stop)), wasFrozen: first.wasFrozen }
  const end: PanicEnd = {
    freezing,
    reports: worked.reports,
    problems: [
      ...settings.problems,
      ...(isUnused ? [unusedFolder(stateDir)] : []),
      ...(authority.isShared && !freezing.row ? [onlyHere] : []),
      ...(yield* serversElsewhere(settings)),
      ...worked.problems,
      ...(isKept ? [] : ["The stop was lifted or changed while this command ran. Run it again."])
    ],
    notes
  }
  yield* writeOut(json ? `${escapeText(JSON.stringify(toJson(end)))}\n` : `${toText(end)}\n`)
  if (isEndDone(end)) yield* exitWith(0)
})

const onlyHere =
  "The record of all servers does not have the stop, so those of other machines are not frozen. Run this again, and on each machine."

/** Finds servers that can write and run with a usual state folder which is neither the one that was stopped nor frozen. */
const serversElsewhere = Effect.fnUntraced(function* ({ usualDirs }: EmergencySettings) {
  const found = yield* Effect.forEach(
    usualDirs.filter((folder) => Option.isNone(lookAtHaltFile(haltFileIn(folder)))),
    (folder) =>
      Effect.map(runningServers(folder), (servers) =>
        servers.filter(({ sends }) => sends?.parts.length !== 0).map(({ pid }) => ({ folder, pid }))
      )
  )
  return found
    .flat()
    .map(
      ({ folder, pid }) =>
        `A server (process ${pid}) uses another state folder, ${folder}, and is not frozen. Run this with MCP_KRAKEN_STATE_DIR=${folder}, too.`
    )
})

const exitWith = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const say = (line: string) => Console.error(escapeLines(line))
