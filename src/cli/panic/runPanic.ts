import { Array, Clock, Console, Effect, Either, Option, Ref } from "effect"
import { join } from "node:path"
import process from "node:process"
import { escapeLines, escapeText } from "../../domain/wire/escapeText.ts"
import { operator } from "../../layers/access/principals.ts"
import { haltFileIn, lookAtHaltFile } from "../../layers/access/halt/haltFile.ts"
import type { Authority } from "../../layers/access/record/authority.ts"
import { emergencyAuthority } from "./emergencyAuthority.ts"
import { recordKeyOf } from "../../layers/access/record/recordKey.ts"
import { krakenCalls } from "../../layers/kraken/writes/panic/panicCalls.ts"
import { askServers, readWork, removeWork, writeOpenOrders } from "../../layers/kraken/writes/panic/panicFiles.ts"
import { panicName, type PanicOptions, type PanicReport } from "../../layers/kraken/writes/panic/panicReport.ts"
import { type PanicParts, runPanic } from "../../layers/kraken/writes/panic/panicRoutine.ts"
import { recentKeys, recordOfPanic } from "../../layers/kraken/writes/panic/recordOfPanic.ts"
import { load } from "../../layers/process/load.ts"
import { runningServers } from "../../layers/process/runningServers.ts"
import { noSuchAccount } from "../../layers/settings/knownAccounts.ts"
import { type EmergencySettings, emergencySettings } from "../../layers/settings/emergency.ts"
import { settings as Settings } from "../../layers/settings/settingDefinitions.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { monotonic } from "../../services/Clocks.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { liveAccounts } from "./liveAccounts.ts"
import { isMissing } from "../kit/isMissing.ts"
import { unusedFolder } from "../kit/unusedFolder.ts"
import { writeOut } from "../kit/writeOut.ts"
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

/** The parts of a panic that are the same for each account. */
interface Common {
  readonly options: PanicOptions
  readonly stateDir: string
  readonly authority: Authority
  readonly say: PanicParts["say"]
  readonly remains: Ref.Ref<Remains>
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

/** Cancels by what the settings give: simulated accounts, an API key, or neither. */
const cancelOrders = Effect.fnUntraced(function* (common: Common, settings: EmergencySettings) {
  if (settings.mode === "paper") return yield* cancelOnPaper(common, settings)
  const { accounts, names, problem } = liveAccounts(settings)
  const only = common.options.account
  // Without any name, running servers know the accounts.
  if (only !== undefined && names.length > 1 && !names.includes(only))
    return { reports: [], problems: [`Nothing was cancelled: ${noSuchAccount(only, names)}.`] } satisfies Worked
  const chosen = accounts.filter(({ account }) => only === undefined || account === only)
  if (!Array.isNonEmptyReadonlyArray(chosen)) {
    const without = only === undefined ? "The settings have no API key." : `The settings have no API key of ${only}.`
    return yield* haveServersCancel(common, problem === undefined ? without : `The API key can't be used: ${problem}`)
  }
  const worked = yield* cancelAtKraken(common, chosen)
  const others = yield* otherAccounts(common, accounts, settings.strangeKeyFile)
  const left = accounts.filter((account) => !chosen.includes(account)).map(({ account }) => panicName(account))
  const notes = [...others.notes, ...(left.length === 0 ? [] : [`Nothing was cancelled for ${left.join(", ")}.`])]
  return {
    reports: worked.map((report, at) => (at === 0 ? { ...report, notes: [...report.notes, ...notes] } : report)),
    problems: [...(problem === undefined ? [] : [`Not every account could be stopped. ${problem}`]), ...others.problems]
  } satisfies Worked
})

/** Cancels the orders of Kraken accounts, all at the same time. */
const cancelAtKraken = Effect.fnUntraced(function* (
  common: Common,
  accounts: Array.NonEmptyReadonlyArray<typeof Config.Service>
) {
  const { PanicClient } = yield* load(() => import("../../server/panicClient.ts"))
  return yield* Effect.forEach(
    accounts,
    (config) =>
      Effect.flatMap(KrakenClient, (kraken) =>
        runOn(common, panicName(config.account), krakenCalls(kraken, operator("live")), recordKeyOf(config))
      ).pipe(Effect.provide(PanicClient), Effect.provideService(Config, config)),
    { concurrency: "unbounded" }
  )
}, Effect.scoped)

/** Finds accounts that were traded on, and that the API keys of the settings might not reach. */
const otherAccounts = Effect.fnUntraced(function* (
  { authority }: Common,
  accounts: ReadonlyArray<typeof Config.Service>,
  file: Option.Option<string>
) {
  const baseUrl = accounts[0]?.baseUrl ?? Settings.baseUrl.fallback
  const known = accounts.map(recordKeyOf)
  const keys = yield* recentKeys(authority)
  const others = Either.match(keys, {
    onLeft: () => 0,
    onRight: (keys) => keys.filter((one) => !known.includes(one)).length
  })
  const named = Option.match(file, {
    onNone: () => "",
    onSome: (file) => ` If ${file} is meant, name it with --env-file.`
  })
  const isElsewhere = baseUrl !== Settings.baseUrl.fallback
  const unread = Either.isLeft(keys) && keys.left !== undefined ? keys.left : undefined
  const unknown = `It is not known if other API keys were traded with: ${unread}${named}`
  return {
    problems: [
      ...(others === 0
        ? []
        : [
            `Nothing was cancelled for ${others} other API keys of which the record has writes of late. Run it with each of them, or without a key while servers that have them run. If such a key was replaced, state rekey tells the record.${named}`
          ]),
      ...(unread !== undefined && Option.isSome(file) ? [unknown] : []),
      ...(isElsewhere && Option.isSome(file)
        ? [
            `${Settings.baseUrl.name} in ${file.value} is ${baseUrl}, so nothing was cancelled at Kraken itself.${named}`
          ]
        : [])
    ],
    notes: [
      ...(unread !== undefined && Option.isNone(file) ? [unknown] : []),
      ...(isElsewhere && Option.isNone(file)
        ? [`Calls went to ${baseUrl} (${Settings.baseUrl.name}) instead of ${Settings.baseUrl.fallback}.`]
        : [])
    ]
  }
})

/** Cancels the orders of all simulated accounts of the state folder. Real orders of its record are a problem. */
const cancelOnPaper = Effect.fnUntraced(function* (common: Common, settings: EmergencySettings) {
  const { stateDir } = common
  const real = yield* realOrderProblems(common.authority)
  if (isMissing(join(stateDir, "paper.db"))) return { reports: [], problems: real } satisfies Worked
  const config = settings.config(Needs.paper)
  if (Either.isLeft(config)) return { reports: [], problems: [...real, config.left.message] } satisfies Worked
  const worked = yield* Effect.provideService(cancelOnAccounts(common), Config, config.right)
  return { ...worked, problems: [...real, ...worked.problems] } satisfies Worked
})

/** Finds real orders that a stop of simulated accounts leaves alone. */
const realOrderProblems = Effect.fnUntraced(function* (authority: Authority) {
  const keys = yield* recentKeys(authority)
  if (Either.isLeft(keys))
    return keys.left === undefined ? [] : [`It is not known if real orders were placed lately: ${keys.left}`]
  return keys.right.length === 0
    ? []
    : [
        "Only simulated accounts were looked at, and the record has real writes of late: run it with MCP_KRAKEN_MODE=live."
      ]
})

const cancelOnAccounts = Effect.fnUntraced(function* (common: Common) {
  const { accountsOn, paperCalls } = yield* load(() => import("./paperCalls.ts"))
  const all = yield* Effect.either(Effect.flatMap(accountsOn("synthetic"), ({ list }) => list))
  if (Either.isLeft(all)) return { reports: [], problems: [all.left.message] } satisfies Worked
  const worked = yield* Effect.forEach(all.right, ({ account, market }) =>
    Effect.either(
      Effect.flatMap(accountsOn(market === "live" ? "live" : "synthetic"), (accounts) =>
        runOn(common, account, paperCalls(accounts, account), "paper", account)
      )
    )
  )
  return {
    reports: worked.flatMap((one) => (Either.isRight(one) ? [one.right] : [])),
    problems: worked.flatMap((one) => (Either.isLeft(one) ? [one.left.message] : []))
  } satisfies Worked
}, Effect.scoped)

/** Cancels on one account. `account` names it in reports, and `inRecord` in the record. */
const runOn = Effect.fnUntraced(function* (
  { authority, options, remains, say, stateDir }: Common,
  account: string,
  calls: PanicParts["calls"],
  key: string,
  inRecord = "kraken"
) {
  return yield* runPanic(options, {
    account,
    calls,
    record: yield* recordOfPanic(authority, { account: inRecord, key }),
    writeList: writeOpenOrders(stateDir, account, yield* Clock.currentTimeMillis),
    say,
    sawOpen: (ids) => Ref.update(remains, (remains) => ({ ...remains, open: new Map(remains.open).set(account, ids) }))
  })
}, Effect.scoped)

/** The wait for a server that takes the request. Servers look each second. */
const untilTaken = 5000

/** The least wait, in which all servers have looked. */
const untilAllTook = 2500

/** The longest wait for the reports of servers. */
const untilReported = 60_000

/** Has running servers that have an API key do the work, and waits for their reports. */
const haveServersCancel = Effect.fnUntraced(function* (
  { authority, options, remains, say, stateDir }: Common,
  why: string
) {
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
    const { keys, lines, reports, working } = yield* Effect.orElseSucceed(readWork(stateDir, id), () => ({
      keys: [],
      lines: [],
      reports: [],
      working: 0
    }))
    yield* Effect.forEach(lines.slice(shown), say)
    shown = Math.max(shown, lines.length)
    const elapsed = (yield* monotonic) - began
    if (working > 0 && reports.length === working && elapsed > untilAllTook) {
      const missing = options.account === undefined ? yield* missingAccounts(authority, keys) : undefined
      if (missing === undefined || elapsed > untilTaken)
        return yield* finish(reports, missing === undefined ? [] : [missing])
    }
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

/** Finds accounts of the record that no server reported on. `keys` are the beginnings of the keys of those that did. */
const missingAccounts = Effect.fnUntraced(function* (authority: Authority, keys: ReadonlyArray<string>) {
  const recent = yield* recentKeys(authority)
  if (Either.isLeft(recent))
    return `It is not known if other accounts were traded on: ${recent.left ?? "there is no record."}`
  const missing = recent.right.filter((key) => !keys.some((beginning) => key.startsWith(beginning))).length
  return missing === 0
    ? undefined
    : `No server cancelled for ${missing} API keys of which the record has writes of late. If such a key was replaced, state rekey tells the record.`
})
