import { Console, Effect, Either, Option, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { escapeLines, escapeText } from "../../domain/wire/escapeText.ts"
import { haltFileIn, lastStopAt, lookAtHaltFile, removeHaltFile } from "../../layers/access/halt/haltFile.ts"
import { operator } from "../../layers/access/principals.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import { release, secretIn, stopIn, writesSince } from "../../layers/access/record/emergency.ts"
import { OtherSecret } from "../../layers/access/secret/requireForTokens.ts"
import { fingerprintsBesideRecord, fingerprintsIn } from "../../layers/access/secretFingerprints.ts"
import { krakenCalls } from "../../layers/kraken/writes/panic/panicCalls.ts"
import { listName } from "../../layers/kraken/writes/panic/panicFiles.ts"
import { panicName } from "../../layers/kraken/writes/panic/panicReport.ts"
import { load } from "../../layers/process/load.ts"
import { type EmergencySettings, emergencySettings } from "../../layers/settings/emergency.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { lookInto } from "../../layers/storage/lookInto.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { emergencyAuthority } from "./emergencyAuthority.ts"
import { liveAccounts } from "./liveAccounts.ts"
import { mayResume } from "./mayResume.ts"
import { ResumeRefusal } from "./resumeRefusal.ts"

interface Given {
  readonly passphraseFd: Option.Option<number>
  readonly envFile: Option.Option<string>
}

/** Shows what changed since the stop, and ends it once a person confirms. The file goes last, so that a failure stops. */
export const runResume = Effect.fn("resume.command")(function* ({ envFile, passphraseFd }: Given) {
  const settings = yield* emergencySettings(envFile)
  const config = yield* settings.config(Needs.record)
  const { stateDir } = settings
  const isShared = config.databaseUrl !== undefined
  yield* Console.error(escapeLines(`State folder: ${stateDir}`))
  yield* Effect.forEach([...settings.notes, ...settings.problems], (line) => Console.error(escapeLines(line)))
  const path = haltFileIn(stateDir)
  const authority = yield* emergencyAuthority(settings)
  const { name: file } = authority
  const db = authority.isMissing()
    ? undefined
    : yield* Effect.mapError(
        authority.openExisting,
        ({ message }) => new ResumeRefusal({ message: `${message} Trading stays frozen.` })
      )
  const recorded =
    db === undefined
      ? { stop: undefined, writes: [], secret: undefined, guards: [] }
      : yield* db.read(function* () {
          const stop = yield* stopIn()
          return {
            stop,
            writes: stop === undefined ? [] : yield* writesSince(stop.seq),
            secret: yield* secretIn(),
            guards: isShared ? yield* fingerprintsBesideRecord() : []
          }
        })
  const shownAt = lastStopAt(path)
  const inFile = Option.getOrUndefined(lookAtHaltFile(path))
  const stop = recorded.stop ?? inFile
  if (stop === undefined) return yield* Console.log("Trading is not frozen.")

  const why = stop.reason === undefined ? "" : ` (${escapeText(stop.reason)})`
  yield* Console.error(`Frozen since ${iso(stop.since)} by ${escapeText(stop.by)}${why}.`)
  yield* Console.error(
    db === undefined
      ? `There is no record (${escapeText(file)}), so it is not known what was sent since.`
      : recorded.writes.length === 0
        ? "No write was recorded since."
        : `Recorded since: ${recorded.writes.map(({ count, endpoint, state }) => `${count} ${endpoint} ${state}`).join(", ")}.`
  )
  yield* isShared
    ? refuseGuarded(recorded.guards, undefined, recorded.secret)
    : Effect.forEach(settings.tokenDbs, (tokenDb) => refuseOtherSecret(tokenDb, file, recorded.secret))
  yield* Effect.forEach(yield* changes(stateDir, stop.since, settings), (line) => Console.error(escapeLines(line)))

  yield* Effect.provideService(mayResume(recorded.secret !== undefined, passphraseFd), Config, config)
  // What stops now has to be what was shown: another panic might have run while the person read it.
  const isShown = lastStopAt(path) === shownAt && Option.getOrUndefined(lookAtHaltFile(path))?.since === inFile?.since
  const head =
    db === undefined || !isShown
      ? undefined
      : yield* db.write(function* ({ wall }) {
          return (yield* stopIn())?.seq === recorded.stop?.seq ? yield* release(wall) : undefined
        })
  if (!isShown || (db !== undefined && head === undefined))
    return yield* new ResumeRefusal({
      message: "Another stop began meanwhile. Trading stays frozen. Run resume again to see it."
    })
  yield* Effect.try({
    try: () => removeHaltFile(path),
    catch: (error) =>
      new ResumeRefusal({ message: `${path} can't be removed (${String(error)}). Trading stays frozen.` })
  })
  yield* Console.log(`Trading is allowed again.${head === undefined ? "" : ` Receipt: ${receiptOf(head)}`}`)
}, Effect.scoped)

/**
 * Refuses if a token database is guarded by another secret than that of the record, or by one although the record has none:
 * a record that was deleted would need no secret.
 */
const refuseOtherSecret = Effect.fnUntraced(function* (tokenDb: string, file: string, secret: string | undefined) {
  const look = yield* lookInto(tokenDb, fingerprintsIn)
  if (look._tag === "Missing") return
  if (look._tag !== "Read")
    return yield* new ResumeRefusal({
      message: `${tokenDb} can't be read, so it is not known if the operator secret is needed. Trading stays frozen.`
    })
  yield* refuseGuarded(look.value, file, secret)
})

/** Refuses if tokens are guarded by other secrets only. `file` is that of the record, if the tokens are in another one. */
const refuseGuarded = Effect.fnUntraced(function* (
  guards: ReadonlyArray<string>,
  file: string | undefined,
  secret: string | undefined
) {
  if (guards.length === 0 || (secret !== undefined && guards.includes(secret))) return
  const { message } = new OtherSecret({ file, isMissing: secret === undefined })
  return yield* new ResumeRefusal({ message: `${message} Trading stays frozen.` })
})

const iso = (millis: number): string => new Date(millis).toISOString()

const Listed = Schema.Struct({
  account: Schema.String,
  orders: Schema.Struct({ open: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
})
const decodeListed = Schema.decodeUnknownOption(Schema.parseJson(Listed))
const decodeOpen = Schema.decodeUnknownOption(Listed.fields.orders)

/** Compares the open orders of the stop's beginning with those of now, as sentences about each account. */
const changes = Effect.fnUntraced(function* (stateDir: string, since: number, settings: EmergencySettings) {
  const { accounts, names, problem } = liveAccounts(settings)
  const unread = problem ?? (accounts.length === 0 ? "the settings have no API key of Kraken." : undefined)
  const lines = yield* Effect.forEach(accounts, (config) =>
    Effect.map(changesOf(config, stateDir, since), (lines) =>
      // An account that is the only one needs no name.
      names.length === 1 ? lines : lines.map((line) => `${panicName(config.account)}: ${line}`)
    )
  )
  return [...lines.flat(), ...(unread === undefined ? [] : [`The open orders of now can't be read: ${unread}`])]
})

const changesOf = Effect.fnUntraced(function* (config: typeof Config.Service, stateDir: string, since: number) {
  const then = firstList(stateDir, panicName(config.account), since)
  const now = yield* openNow(config)
  if (Either.isLeft(now)) return [`The open orders of now can't be read: ${now.left}`]
  const listed = `Open now: ${namesOf(now.right)}.`
  if (then === undefined) return [`No list of orders was written when it was frozen. ${listed}`]
  const [before, after] = [new Set(then), new Set(now.right)]
  return [
    `Open when it was frozen: ${then.length}, of which ${then.filter((id) => !after.has(id)).length} are gone.`,
    `${listed} New since: ${namesOf(now.right.filter((id) => !before.has(id)))}.`
  ]
})

const namesOf = (ids: ReadonlyArray<string>): string => (ids.length === 0 ? "none" : ids.join(", "))

/** Reads the first list of open orders of an account that was written since a stop. */
const firstList = (stateDir: string, account: string, since: number): ReadonlyArray<string> | undefined => {
  try {
    const names = readdirSync(stateDir)
      .filter((name) => listName.test(name))
      .toSorted()
    for (const name of names) {
      const text = readFileSync(join(stateDir, name), "utf8")
      const { account: of, orders } = Option.getOrUndefined(decodeListed(text)) ?? {}
      if (of === account && orders !== undefined && timeOf(name) >= since) return Object.keys(orders.open)
    }
  } catch {
    // Without the list, only the orders of now are shown.
  }
  return undefined
}

/** Reads the time in the name of a list. */
const timeOf = (name: string): number => {
  const [, day, hour, minute, second, millis] =
    /^open-orders-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z/.exec(name) ?? []
  return Date.parse(`${day}T${hour}:${minute}:${second}.${millis}Z`)
}

/** Reads the ids of the open orders of an account. */
const openNow = Effect.fnUntraced(function* (config: typeof Config.Service) {
  const { PanicClient } = yield* load(() => import("../../server/panicClient.ts"))
  const read = Effect.flatMap(KrakenClient, (kraken) =>
    krakenCalls(kraken, operator("live")).read("private/OpenOrders", {})
  ).pipe(Effect.provide(PanicClient), Effect.provideService(Config, config), Effect.either)
  return Either.flatMap(
    Either.mapLeft(yield* read, ({ message }) => message),
    (result) =>
      Option.match(decodeOpen(result), {
        onNone: () => Either.left("Kraken's list has an unknown form."),
        onSome: ({ open }) => Either.right(Object.keys(open))
      })
  )
})
