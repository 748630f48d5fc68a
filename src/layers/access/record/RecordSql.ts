import { Duration, Effect, Layer, Option, Schedule, Scope, SynchronizedRef } from "effect"
import { randomUUID } from "node:crypto"
import { endpoints } from "../../../domain/endpoints/endpoints.ts"
import { passesStop } from "../../../domain/endpoints/stopping.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Actor, Intent } from "../../../domain/record/events.ts"
import { Config } from "../../../services/Config.ts"
import type { Stop } from "../../../services/Halt.ts"
import { Principal } from "../../../services/Principal.ts"
import {
  type AbandonedIntent,
  type IntentDraft,
  type IntentRef,
  type Limits,
  type Outcome,
  Record,
  type RecordFacts,
  type RecordSummary,
  RecordUnavailable
} from "../../../services/Record.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { stopIn } from "./emergency.ts"
import { haltFileIn, lookAtHaltFile } from "../halt/haltFile.ts"
import { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { TransactionalDatabase } from "../../storage/transactionalDatabase.ts"
import { type Authority, authorityInFile, authorityOf } from "./authority.ts"
import { activityOf, draftOf, outcomeOf } from "./activity.ts"
import { append, readHead } from "./append.ts"
import { type Head, receiptOf } from "./chain.ts"
import { recognize } from "./identicalWrites.ts"
import * as Intents from "./intents.ts"
import { judge } from "./limits.ts"
import { logHead } from "./logHead.ts"
import type { Now } from "./now.ts"
import { openOnFirstUse } from "./openOnFirstUse.ts"
import { leveragedPairs, openSpendsOf, ownIds, ownWithdrawals, unsettledOf, usedClientIds } from "./openSpends.ts"
import { availableOf } from "./ownership.ts"
import type { Party } from "./party.ts"
import { recordKeyOf } from "./recordKey.ts"
import * as Settlement from "./settlement.ts"
import { limitUsages } from "./spendingLimits.ts"
import { summaryOf } from "./summary.ts"
import { usageOf } from "./usage.ts"
import { countedTime, storeWindowTime, windowTime } from "./windows.ts"
import { map, type Steps } from "../../storage/steps.ts"

/** The longest wait of an intent for its turn, in milliseconds. After it, the request is not sent. */
const leaveWithin = Duration.toMillis("30 seconds")

/** The longest wait for a busy file. */
const usualWait = Duration.seconds(5)

/** The same for a cancel, and for an outcome, which is recorded later if the file stays busy. */
const shortWait = Duration.seconds(1)

/** The pause between two renewals of the leases of this process. */
const renewEvery = "5 seconds"

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
    const scope = yield* Effect.scope
    const process = randomUUID()
    const { database, opened } = yield* openOnFirstUse(authority)

    const unavailable = Effect.mapError(({ reason }: DatabaseUnavailable) => new RecordUnavailable({ reason }))

    /** Opening waits for a busy file, too. */
    const openedWithin = (wait: Duration.Duration) =>
      Effect.flatMap(database, (open) =>
        open === undefined
          ? Effect.timeoutFail(Effect.disconnect(opened), { duration: wait, onTimeout: () => busy(authority) })
          : Effect.succeed(open)
      )

    /**
     * Facts on intents that could not be recorded, by their rows. The next transaction begins with them: an outcome that is
     * known, and not on disk yet, decides on an identical write.
     */
    const missed = new Map<number, (now: Now) => Steps<Head | undefined>>()

    const write = <A>(body: (now: Now) => Steps<A>, wait: Duration.Duration = usualWait) =>
      openedWithin(wait).pipe(
        Effect.flatMap((db) =>
          db.write(function* (at) {
            const now = { process, ...at }
            const facts = [...missed]
            const heads = yield* map(facts, ([, record]) => record(now))
            return { facts, heads, result: yield* body(now) }
          }, wait)
        ),
        unavailable,
        Effect.tap(({ facts, heads }) => {
          for (const [seq, record] of facts) if (missed.get(seq) === record) missed.delete(seq)
          return Effect.forEach(heads, (head) => (head === undefined ? Effect.void : logHead(head)), { discard: true })
        }),
        Effect.map(({ result }) => result),
        // The caller gets to know what was recorded, even if it is interrupted.
        Effect.uninterruptible
      )

    /**
     * Keeps the leases of this process for as long as it has open intents. The last look at these and the end of the
     * renewals are one step, so that an intent that is begun meanwhile starts them again.
     */
    const isRenewing = yield* SynchronizedRef.make(false)
    const renew = write(function* (now) {
      const open = yield* Intents.hasOpen(now)
      if (open) yield* Intents.renew(now)
      return open
    }).pipe(
      Effect.catchAll(({ message }) => Effect.as(Effect.logWarning(message), true)),
      (renewed) => SynchronizedRef.updateAndGetEffect(isRenewing, () => renewed),
      Effect.delay(renewEvery),
      Effect.repeat({ while: (open) => open }),
      Effect.interruptible
    )
    const startRenewing = SynchronizedRef.updateEffect(isRenewing, (runs) =>
      runs ? Effect.succeed(true) : Effect.as(Effect.forkIn(renew, scope), true)
    )

    /** Nothing is recorded as long as there is no file, and looking makes none. A file that vanished fails. */
    const unlessEmpty = <A, E>(nothing: A, use: Effect.Effect<A, E>) =>
      Effect.flatMap(database, (open) => (open === undefined && authority.isMissing() ? Effect.succeed(nothing) : use))

    /** Limits bind although nothing is recorded yet, so that the file is made. */
    const readAlways = <A>(body: (now: Now) => Steps<A>) =>
      Effect.flatMap(database, (open) => {
        const readFrom = (db: TransactionalDatabase) => db.read((at) => body({ process, ...at }))
        // Nearly always the file is open, so that a reading need not wait for those that might open it.
        return open === undefined ? Effect.flatMap(opened, readFrom) : readFrom(open)
      }).pipe(unavailable)

    const read = <A>(nothing: A, body: (now: Now) => Steps<A>) => unlessEmpty(nothing, readAlways(body))

    /** The monotonic times at which refusals by limits of pace were last recorded. */
    const lastRefusals = makeBoundedMap<string, number>(mostPaces)
    const isRecent = (of: string) =>
      Effect.map(monotonic, (now) => {
        const last = lastRefusals.get(of)
        const recent = last !== undefined && now - last < refusalsEvery
        if (!recent) lastRefusals.set(of, now)
        return recent
      })

    /** The party on whose behalf a call is made. */
    const party = Effect.map(Principal, ({ account, caller, mandate }): Party => ({
      key,
      account,
      caller: caller.id,
      mandate
    }))

    /** Looks for the stop beside the record, so that it holds although the record cannot be used. */
    const stopOf = ({ endpoint }: Pick<IntentDraft, "endpoint">) =>
      passesStop(endpoint) ? undefined : Option.getOrUndefined(Option.map(stopByFile(), frozenBy))

    const begin = Effect.fn("Record.begin")(function* (
      draft: IntentDraft,
      { repeat, ...limits }: { readonly repeat: boolean } & Limits
    ) {
      const { account, caller } = yield* Principal
      const own = yield* party
      const stop = stopOf(draft)
      if (stop !== undefined) return { _tag: "NoRoom", refusal: stop } as const
      const wait = endpoints[draft.endpoint].moves === "cancels" ? shortWait : usualWait
      let attempted: Head | undefined
      const { admission, leaveBy } = yield* write(function* (now) {
        const hasTransfers = draft.claim?.spends.some(({ kind }) => kind !== "order") === true
        const counted = hasTransfers ? { countedAt: yield* countedTime(now, own, limits) } : {}
        const intent = { ...intentOf(draft, { key, account, actor: actorOf(caller), at: now.wall }), ...counted }
        const admission = yield* Intents.begin(now, intent, repeat, () => judge(now, own, draft, limits))
        attempted = admission._tag === "Begun" ? admission.head : undefined
        if (admission._tag === "Begun" && draft.claim !== undefined) yield* storeWindowTime(now, own, limits)
        return { admission, leaveBy: intent.leaveBy }
      }, wait).pipe(
        // A database on the network can keep what it could not confirm any more. The request does not leave.
        Effect.tapError(() =>
          Effect.sync(() => {
            if (attempted === undefined) return
            const unsent = attempted
            missed.set(unsent.seq, (now) => Intents.endUnsent(now, unsent))
          })
        )
      )
      if (admission._tag !== "Begun") return admission
      yield* startRenewing
      yield* logHead(admission.head)
      const intent: IntentRef = { seq: admission.head.seq, account, owner: process, leaveBy }
      return { _tag: "Begun", intent, receipt: receiptOf(admission.head) } as const
    }, Effect.uninterruptible)

    const end = Effect.fn("Record.end")(function* (intent: IntentRef, outcome: Outcome) {
      const ended = (now: Now) => Intents.end(now, { ...outcome, kind: "outcome", at: now.wall, intent: intent.seq })
      const record = write(ended, shortWait).pipe(
        Effect.tap((head) => (head === undefined ? Effect.void : logHead(head)))
      )
      // Without its outcome, the intent would stay open for as long as this process runs.
      const later = Effect.retry(Effect.delay(record, renewEvery), Schedule.forever).pipe(Effect.interruptible)
      const head = yield* Effect.tapError(record, () => {
        missed.set(intent.seq, ended)
        return Effect.forkIn(later, scope)
      })
      return Option.fromNullable(head).pipe(Option.map(receiptOf))
    }, Effect.uninterruptible)

    type Claim = typeof Settlement.claimAbandoned<AbandonedIntent>

    /** Takes over writes that need to be looked up. */
    const claiming = (claim: Claim): Effect.Effect<ReadonlyArray<AbandonedIntent>, RecordUnavailable> =>
      unlessEmpty(
        [],
        write((now) =>
          claim(now, key, function* (seq) {
            const draft = yield* draftOf(seq)
            return draft && { ...draft, owner: process }
          })
        )
      ).pipe(
        Effect.tap((claimed) => (claimed.length > 0 ? startRenewing : Effect.void)),
        Effect.uninterruptible
      )

    return Record.of({
      recognize: Effect.fn("Record.recognize")(function* ({ identity }, { repeat }) {
        const { account, caller } = yield* Principal
        const wanted = { key, account, actor: actorOf(caller), ...(identity !== undefined && { identity }) }
        return yield* read(Option.none(), function* (now) {
          return Option.fromNullable(yield* recognize(now, wanted, repeat))
        })
      }),
      begin,
      end,
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
      settling: ({ seq }) => {
        const mark = () => Settlement.markSettling(seq)
        return Effect.tapError(write(mark), () => Effect.sync(() => missed.set(seq, mark)))
      },
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
      claimAbandoned: claiming(Settlement.claimAbandoned),
      claimUnknown: claiming(Settlement.claimUnknown),
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

const busy = ({ name }: Authority) =>
  new DatabaseUnavailable({ reason: `The database ${name} can't be opened: it is busy.`, cause: undefined })

const actorOf = (caller: (typeof Principal.Service)["caller"]): Actor =>
  caller._tag === "Token" ? { id: caller.id, name: caller.name } : { id: caller.id }

/** The intent of a draft. Fields that are `undefined` are left out, as they are when the request is sent. */
const intentOf = (
  { approval, before, claim, endpoint, expiresAfter, fingerprints, identity, params }: IntentDraft,
  { account, actor, at, key }: Pick<Intent, "account" | "actor" | "at" | "key">
): Intent => ({
  kind: "intent",
  at,
  actor,
  key,
  account,
  endpoint,
  request: params,
  fingerprints,
  leaveBy: at + leaveWithin,
  ...(before !== undefined && { before }),
  ...(claim !== undefined && { claim }),
  ...(approval !== undefined && { approval }),
  ...(identity !== undefined && { identity }),
  ...(expiresAfter !== undefined && { expires: at + leaveWithin + Math.ceil(expiresAfter) })
})
