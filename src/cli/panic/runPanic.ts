import { Clock, Console, type Duration, Effect, Either, Option, Ref } from "effect"
import { join } from "node:path"
import process from "node:process"
import { escapeLines, escapeText } from "../../domain/wire/escapeText.ts"
import { haltFileIn, lookAtHaltFile } from "../../layers/access/halt/haltFile.ts"
import { operator } from "../../layers/access/principals.ts"
import { recordKeyOf } from "../../layers/access/record/RecordSqlite.ts"
import { krakenCalls } from "../../layers/kraken/writes/panic/panicCalls.ts"
import { askServers, readWork, removeWork, writeOpenOrders } from "../../layers/kraken/writes/panic/panicFiles.ts"
import type { PanicOptions, PanicReport } from "../../layers/kraken/writes/panic/panicReport.ts"
import { type PanicParts, runPanic } from "../../layers/kraken/writes/panic/panicRoutine.ts"
import { recordOfPanic } from "../../layers/kraken/writes/panic/recordOfPanic.ts"
import { load } from "../../layers/process/load.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { monotonic } from "../../services/Clocks.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { isMissing } from "../kit/isMissing.ts"
import { writeOut } from "../kit/writeOut.ts"
import { freeze } from "./freeze.ts"
import { orderDeadlineFor, settingsFor } from "./panicSettings.ts"
import {
  frozenLine,
  interruptedText,
  isEndDone,
  nothingYet,
  type PanicEnd,
  type Remains,
  toJson,
  toText
} from "./panicWords.ts"

interface Given extends PanicOptions {
  readonly reason: Option.Option<string>
  readonly json: boolean
  readonly envFile: Option.Option<string>
}

/** The parts of a panic that are the same for each account. */
interface Common {
  readonly options: PanicOptions
  readonly stateDir: string
  readonly say: PanicParts["say"]
  readonly remains: Ref.Ref<Remains>
  readonly orderDeadline: Duration.Duration
}

type Worked = Pick<PanicEnd, "reports" | "problems">

/**
 * Freezes first, with no more than the state folder. Then cancels with the API key of the settings, or on the simulated
 * accounts, or has a running server do it. Every end but a proven one has exit code 1, and an interruption 130.
 */
export const runPanicCommand = Effect.fn("panic.command")(function* (given: Given) {
  yield* exitWith(1)
  const remains = yield* Ref.make(nothingYet)
  yield* Effect.onInterrupt(freezeAndCancel(given, remains), () =>
    Effect.flatMap(Ref.get(remains), (remains) => {
      // The file stops while the row is still waited for.
      const isFrozen = remains.isFrozen || isStoppedByFile(remains)
      return Effect.zipRight(exitWith(interrupted), say(interruptedText({ ...remains, isFrozen }, given)))
    })
  )
})

const isStoppedByFile = ({ stateDir }: Remains): boolean =>
  stateDir !== undefined && Option.isSome(lookAtHaltFile(haltFileIn(stateDir)))

/** The exit code of a command that Ctrl-C ended. */
const interrupted = 130

const freezeAndCancel = Effect.fnUntraced(function* (
  { envFile, json, reason, ...options }: Given,
  remains: Ref.Ref<Remains>
) {
  const { stateDir } = yield* settingsFor(Needs.record, envFile)
  yield* Ref.set(remains, { ...nothingYet, stateDir })
  const stop = {
    since: yield* Clock.currentTimeMillis,
    by: "local",
    ...(Option.isSome(reason) && { reason: reason.value })
  }
  const first = yield* freeze(stateDir, stop)
  yield* Ref.update(remains, (remains) => ({ ...remains, isFrozen: first.file || first.row }))
  yield* say(frozenLine(first))
  yield* Effect.forEach(first.notes, say)
  const common = { options, stateDir, say, remains, orderDeadline: yield* orderDeadlineFor(envFile) }
  const worked = yield* cancelOrders(common, envFile)
  // A record that was busy at the beginning might be free by now.
  const freezing = first.file && first.row ? first : { ...(yield* freeze(stateDir, stop)), wasFrozen: first.wasFrozen }
  const end: PanicEnd = { freezing, ...worked }
  yield* writeOut(json ? `${escapeText(JSON.stringify(toJson(end)))}\n` : `${toText(end)}\n`)
  if (isEndDone(end)) yield* exitWith(0)
})

const exitWith = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const say = (line: string) => Console.error(escapeLines(line))

/** Cancels by what the settings give: simulated accounts, an API key, or neither. */
const cancelOrders = Effect.fnUntraced(function* (common: Common, envFile: Option.Option<string>) {
  // With a wrong mode the account of the key counts. A mode that was not read cannot be asked for.
  const live = Effect.map(settingsFor(Needs.panicLive, envFile), (config) => ({ ...config, mode: "live" as const }))
  const config = yield* Effect.either(Effect.orElse(settingsFor(Needs.panic, envFile), () => live))
  if (Either.isLeft(config))
    return yield* haveServersCancel(common, `The API key can't be used: ${config.left.message}`)
  const { credentials, mode } = config.right
  if (mode === "paper") return yield* Effect.provideService(cancelOnPaper(common), Config, config.right)
  if (Option.isNone(credentials)) return yield* haveServersCancel(common, "The settings have no API key.")
  return yield* Effect.provideService(cancelAtKraken(common), Config, config.right)
})

/** Cancels the orders of the account of the API key. */
const cancelAtKraken = Effect.fnUntraced(function* (common: Common) {
  const config = yield* Config
  const { PanicClient } = yield* load(() => import("../../server/panicClient.ts"))
  const report = yield* Effect.provide(
    Effect.flatMap(KrakenClient, (kraken) =>
      runOn(common, "kraken", krakenCalls(kraken, operator("live")), recordKeyOf(config))
    ),
    PanicClient
  )
  return { reports: [report], problems: [] } satisfies Worked
}, Effect.scoped)

/** Cancels the orders of all simulated accounts of the state folder. */
const cancelOnPaper = Effect.fnUntraced(function* (common: Common) {
  const { stateDir } = yield* Config
  if (isMissing(join(stateDir, "paper.db"))) return { reports: [], problems: [] } satisfies Worked
  const { accountsOn, paperCalls } = yield* load(() => import("./paperCalls.ts"))
  const all = yield* Effect.either(Effect.flatMap(accountsOn("synthetic"), ({ list }) => list))
  if (Either.isLeft(all)) return { reports: [], problems: [all.left.message] } satisfies Worked
  const worked = yield* Effect.forEach(all.right, ({ account, market }) =>
    Effect.either(
      Effect.flatMap(accountsOn(market === "live" ? "live" : "synthetic"), (accounts) =>
        runOn(common, account, paperCalls(accounts, account), "paper")
      )
    )
  )
  return {
    reports: worked.flatMap((one) => (Either.isRight(one) ? [one.right] : [])),
    problems: worked.flatMap((one) => (Either.isLeft(one) ? [one.left.message] : []))
  } satisfies Worked
}, Effect.scoped)

const runOn = Effect.fnUntraced(function* (
  { options, orderDeadline, remains, say, stateDir }: Common,
  account: string,
  calls: PanicParts["calls"],
  key: string
) {
  return yield* runPanic(options, {
    account,
    calls,
    record: yield* recordOfPanic(stateDir, { account, key }),
    writeList: writeOpenOrders(stateDir, account, yield* Clock.currentTimeMillis),
    say,
    sawOpen: (ids) => Ref.update(remains, (remains) => ({ ...remains, open: new Map(remains.open).set(account, ids) })),
    orderDeadline
  })
}, Effect.scoped)

/** The wait for a server that takes the request. Servers look each second. */
const untilTaken = 5000

/** The least wait, in which all servers have looked. */
const untilAllTook = 2500

/** The longest wait for the reports of servers. */
const untilReported = 60_000

/** Has running servers that have an API key do the work, and waits for their reports. */
const haveServersCancel = Effect.fnUntraced(function* ({ options, remains, say, stateDir }: Common, why: string) {
  const nothing = (problem: string): Worked => ({ reports: [], problems: [problem] })
  yield* say(`${why} Asking running servers to cancel.`)
  const asked = yield* Effect.either(askServers(stateDir, yield* Clock.currentTimeMillis, options))
  if (Either.isLeft(asked)) return nothing(`Nothing was cancelled: ${why} ${asked.left.message}`)
  const id = asked.right
  yield* Ref.update(remains, (remains) => ({ ...remains, isAsked: true }))
  const began = yield* monotonic
  let shown = 0
  const finish = (reports: ReadonlyArray<PanicReport>, problems: ReadonlyArray<string>) =>
    Effect.as(removeWork(stateDir, id), { reports, problems } satisfies Worked)
  for (;;) {
    const { lines, reports, working } = yield* Effect.orElseSucceed(readWork(stateDir, id), () => ({
      lines: [],
      reports: [],
      working: 0
    }))
    yield* Effect.forEach(lines.slice(shown), say)
    shown = Math.max(shown, lines.length)
    const elapsed = (yield* monotonic) - began
    if (working > 0 && reports.length === working && elapsed > untilAllTook) return yield* finish(reports, [])
    if (working === 0 && elapsed > untilTaken)
      return yield* finish(
        [],
        [
          `Frozen, but nothing was cancelled: ${why} No running server of this state folder has one that it may trade with.`
        ]
      )
    if (elapsed > untilReported)
      return {
        reports,
        problems: ["A server works on it and has not reported within 60 s. It goes on. Its log says how far it is."]
      } satisfies Worked
    yield* Effect.sleep("200 millis")
  }
})
