import { Duration, Effect, Layer, Option, Scope } from "effect"
import { passesStop } from "../../../domain/endpoints/stopping.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import { Config } from "../../../services/Config.ts"
import type { Stop } from "../../../services/Halt.ts"
import { Principal } from "../../../services/Principal.ts"
import { type IntentDraft, Record, type RecordFacts, type RecordSummary } from "../../../services/Record.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { stopIn } from "./emergency.ts"
import { haltFileIn, lookAtHaltFile } from "../halt/haltFile.ts"
import { type Authority, authorityInFile, authorityOf } from "./authority.ts"
import { activityOf, outcomeOf } from "./activity.ts"
import { append, readHead } from "./append.ts"
import { receiptOf } from "./chain.ts"
import { recognize } from "./identicalWrites.ts"
import * as Intents from "./intents.ts"
import { makeIntentsOfProcess } from "./intentsOfProcess.ts"
import { judge } from "./limits.ts"
import { logHead } from "./logHead.ts"
import { leveragedPairs, openSpendsOf, ownIds, ownWithdrawals, unsettledOf, usedClientIds } from "./openSpends.ts"
import { availableOf } from "./ownership.ts"
import { actorOf, partyOf } from "./party.ts"
import { recordKeyOf } from "./recordKey.ts"
import { makeRecordTransactions, shortWait } from "./recordTransactions.ts"
import * as Settlement from "./settlement.ts"
import { limitUsages } from "./spendingLimits.ts"
import { summaryOf } from "./summary.ts"
import { usageOf } from "./usage.ts"
import { windowTime } from "./windows.ts"
import { map, type Steps } from "../../storage/steps.ts"

/** The least time between two recorded refusals by one limit of pace, in milliseconds. */
const refusalsEvery = Duration.toMillis("1 minute")

/** The most limits of pace of callers whose refusals are remembered. */
const mostPaces = 1000

/** The record in `authority.db` of the state folder. The file is opened on the first write. */
export const RecordSql = Layer.scoped(
  Record,
  Effect.gen(function* () {
    const config = yield* Config
    const halt = haltFileIn(config.stateDir)
    return yield* makeRecord(yield* authorityOf(config), recordKeyOf(config), () => lookAtHaltFile(halt))
  })
)

/** A record that ends with its scope. For tests and for accounts that are not kept. */
export const RecordInMemory = Layer.scoped(
  Record,
  Effect.tap(makeRecord(authorityInFile(":memory:"), "memory", Option.none), open)
)

/** Opens the file of a record at once, which is otherwise opened on the first write. */
function open(record: typeof Record.Service) {
  return Effect.orDie(record.outcome(0))
}

/** Makes the service on one file, for the rows of one key. `stopByFile` looks for the stop that stands beside it. */
function makeRecord(
  authority: Authority,
  key: string,
  stopByFile: () => Option.Option<Stop>
): Effect.Effect<typeof Record.Service, never, Scope.Scope> {
  return Effect.gen(function* () {
    const transactions = yield* makeRecordTransactions(authority)
    const { read, readAlways, unlessEmpty, write } = transactions
    const party = partyOf(key)

    /** The monotonic times at which refusals by limits of pace were last recorded. */
    const lastRefusals = makeBoundedMap<string, number>(mostPaces)
    const isRecent = (of: string) =>
      Effect.map(monotonic, (now) => {
        const last = lastRefusals.get(of)
        const recent = last !== undefined && now - last < refusalsEvery
        if (!recent) lastRefusals.set(of, now)
        return recent
      })

    /** Looks for the stop beside the record, so that it holds although the record cannot be used. */
    const stopOf = ({ endpoint }: Pick<IntentDraft, "endpoint">) =>
      passesStop(endpoint) ? undefined : Option.getOrUndefined(Option.map(stopByFile(), frozenBy))

    const intents = yield* makeIntentsOfProcess(transactions, key, stopOf)

    return Record.of({
      recognize: Effect.fn("Record.recognize")(function* ({ identity }, { repeat }) {
        const { account, caller } = yield* Principal
        const wanted = { key, account, actor: actorOf(caller), ...(identity !== undefined && { identity }) }
        return yield* read(Option.none(), function* (now) {
          return Option.fromNullable(yield* recognize(now, wanted, repeat))
        })
      }),
      ...intents,
      judge: Effect.fnUntraced(function* (draft, limits) {
        const own = yield* party
        const stop = stopOf(draft)
        if (stop !== undefined) return Option.some(stop)
        return yield* readAlways(function* (now) {
          return Option.fromNullable(yield* judge(now, own, draft, limits))
        })
      }),
      usage: Effect.fn("Record.usage")(function* (limits) {
        const own = yield* party
        const usage = yield* readAlways((now) => usageOf(now, own, limits))
        return { ...usage, ...Option.getOrUndefined(Option.map(stopByFile(), frozenInUsage)) }
      }),
      limitUsages: Effect.fnUntraced(function* (limits) {
        const own = yield* party
        return yield* readAlways(function* (now) {
          return yield* limitUsages(own, limits.server, yield* windowTime(now, own, limits))
        })
      }),
      stop: read(Option.none(), function* () {
        return Option.fromNullable(yield* stopIn())
      }),
      summary: (limits) => read(nothingRecorded, (now) => summaryOf(now, key, limits)),
      position: read(0, function* () {
        return (yield* readHead()).seq
      }),
      available: Effect.fnUntraced(function* (asset) {
        const own = yield* party
        return yield* readAlways(() => availableOf(own, asset))
      }),
      facts: Effect.fnUntraced(function* (endpoint, { leveraged, newClientIds, owned }, limits) {
        const own = yield* party
        const stop = stopOf({ endpoint })
        const claim: IntentDraft["claim"] = { spends: [] }
        return yield* readAlways(function* (now): Steps<RecordFacts> {
          return {
            barred: Option.fromNullable(stop ?? (yield* judge(now, own, { endpoint, claim }, limits))),
            owned: new Map(
              yield* map(owned, function* (asset): Steps<readonly [string, string]> {
                return [asset, yield* availableOf(own, asset)]
              })
            ),
            unsettled: yield* unsettledOf(own, owned),
            usedClientIds: yield* usedClientIds(own, newClientIds),
            leveraged: leveraged === undefined ? new Set() : yield* leveragedPairs(own)
          }
        })
      }),
      openSpends: Effect.fnUntraced(function* (scope) {
        const own = yield* party
        return yield* read([], () => openSpendsOf(own, scope))
      }),
      filled: Effect.fn("Record.filled")(function* (orders) {
        if (orders.length === 0) return
        const { account, caller } = yield* Principal
        yield* Effect.flatMap(
          write((now) => append({ kind: "fills", at: now.wall, actor: actorOf(caller), key, account, orders })),
          logHead
        )
      }),
      ownOrders: Effect.fnUntraced(function* (ids, field = "txid") {
        const own = yield* party
        return yield* read(new Set<string>(), () => ownIds(own, ids, field))
      }),
      ownWithdrawals: Effect.fnUntraced(function* (refids) {
        const own = yield* party
        return yield* read(new Set<string>(), () => ownWithdrawals(own, refids))
      }),
      dropQueued: Effect.flatMap(party, (own) =>
        unlessEmpty(
          undefined,
          write(() => Intents.dropQueued(own), shortWait)
        )
      ),
      hasWrites: Effect.flatMap(party, (own) => read(false, () => Intents.hasWrites(own))),
      mayLeave: ({ seq }) => read(false, (now) => Intents.mayLeave(now, seq)),
      refused: Effect.fn("Record.refused")(function* ({ endpoint, params }, { _tag, message, pace }) {
        const { account, caller } = yield* Principal
        if (pace !== undefined && (yield* isRecent(`${account} ${caller.id} ${pace}`))) return Option.none()
        const head = yield* write((now) =>
          append({
            kind: "refusal",
            at: now.wall,
            actor: actorOf(caller),
            key,
            account,
            endpoint,
            request: params,
            error: _tag,
            reason: message
          })
        )
        yield* logHead(head)
        return Option.some(receiptOf(head))
      }),
      outcome: (seq) => read(Option.none(), () => outcomeOf(seq)),
      isAmbiguous: ({ account, seq }, fingerprints) =>
        read(false, function* (now) {
          return yield* Settlement.isAmbiguous(now, { key, account, seq }, fingerprints)
        }),
      madeBefore: (ids) =>
        Effect.flatMap(Principal, ({ account }) =>
          read(new Set<string>(), function* () {
            return yield* Settlement.madeBefore({ key, account }, ids)
          })
        ),
      activity: Effect.fn("Record.activity")(function* (options) {
        const { account, caller } = yield* Principal
        return yield* read([], () => activityOf({ key, account, caller: caller.id, ...options }))
      })
    })
  })
}

const nothingRecorded: RecordSummary = {
  head: 0,
  isStopped: false,
  frozenCallers: 0,
  intents: { open: 0, unknown: 0 },
  approvals: {},
  budgets: []
}

/** Makes the refusal of a write while all is stopped. */
const frozenBy = ({ by, reason, since }: Stop): Frozen => ({
  _tag: "Frozen",
  scope: "everything",
  since,
  by,
  ...(reason !== undefined && { reason })
})

type Frozen = Extract<NoRoom, { readonly _tag: "Frozen" }>

const frozenInUsage = (stop: Stop) => ({ frozen: frozenBy(stop) })
