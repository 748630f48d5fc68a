import type { Database } from "better-sqlite3"
import { Duration, Effect, Layer, Option, Redacted, Schedule, Scope, SynchronizedRef } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { join } from "node:path"
import { endpoints } from "../../../domain/endpoints/endpoints.ts"
import type { Actor, Intent } from "../../../domain/record/events.ts"
import { clocks } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import { Principal } from "../../../services/Principal.ts"
import {
  type IntentDraft,
  type IntentRef,
  type Outcome,
  DurableRecord,
  RecordUnavailable
} from "../../../services/DurableRecord.ts"
import { type ImmediateDatabase, openImmediateDatabase } from "../../storage/immediateDatabase.ts"
import type { DatabaseUnavailable } from "../../storage/openDatabase.ts"
import { activityOf, draftOf, outcomeOf } from "./activity.ts"
import { append } from "./append.ts"
import { type Head, receiptOf } from "./chain.ts"
import * as Intents from "./intents.ts"
import { layout } from "./layout.ts"

/** The file of the record in the state folder. */
export const recordFile = "authority.db"

/** How long an intent waits for its turn at the most, in milliseconds. Later, its request does not leave any more. */
const leaveWithin = Duration.toMillis("30 seconds")

/** The longest wait of a cancel for a busy file. */
const cancelWait = "1 second"

/** The pause between two renewals of the leases of this process. */
const renewEvery = "5 seconds"

/** The name under which rows of the configured account are kept: the SHA-256 of the API key, or `paper`. */
export const recordKeyOf = ({ credentials, mode }: Pick<typeof Config.Service, "credentials" | "mode">): string =>
  mode === "paper"
    ? "paper"
    : Option.match(credentials, {
        onNone: () => "none",
        onSome: ({ key }) => createHash("sha256").update(Redacted.value(key)).digest("hex")
      })

/** The record in `authority.db` of the state folder. The file is opened on the first write. */
export const RecordSqlite = Layer.scoped(
  DurableRecord,
  Effect.gen(function* () {
    const config = yield* Config
    return yield* makeRecord(join(config.stateDir, recordFile), recordKeyOf(config))
  })
)

/** A record that ends with its scope. For tests and for accounts that are not kept. */
export const RecordInMemory = Layer.scoped(DurableRecord, makeRecord(":memory:", "memory"))

/** Makes the service on one file, for the rows of one key. */
function makeRecord(file: string, key: string): Effect.Effect<typeof DurableRecord.Service, never, Scope.Scope> {
  return Effect.gen(function* () {
    const scope = yield* Effect.scope
    const process = randomUUID()
    const opened = yield* Effect.cached(
      Effect.uninterruptible(Scope.extend(openImmediateDatabase({ file, layout }), scope))
    )
    const renewing = yield* SynchronizedRef.make(false)

    const now = Effect.map(clocks, (reading): Intents.Now => ({ process, ...reading }))

    const withDatabase = <A>(use: (db: ImmediateDatabase, now: Intents.Now) => Effect.Effect<A, DatabaseUnavailable>) =>
      Effect.flatMap(Effect.all([opened, now]), ([db, now]) => use(db, now)).pipe(
        Effect.mapError(({ reason }) => new RecordUnavailable({ reason }))
      )
    const write = <A>(body: (db: Database, now: Intents.Now) => A, wait?: Duration.DurationInput) =>
      withDatabase((db, now) => db.write((db) => body(db, now), wait))
    const read = <A>(body: (db: Database, now: Intents.Now) => A) =>
      withDatabase((db, now) => db.read((db) => body(db, now)))

    /** Keeps the leases of this process while it has open intents. */
    const renew = write((db, now) => Intents.renew(db, now)).pipe(
      Effect.catchAll((error) => Effect.as(Effect.logWarning(error.message), 1)),
      Effect.repeat({ schedule: Schedule.spaced(renewEvery), while: (open) => open > 0 })
    )
    const startRenewing = SynchronizedRef.updateEffect(renewing, (runs) =>
      runs
        ? Effect.succeed(true)
        : renew.pipe(
            Effect.delay(renewEvery),
            Effect.ensuring(SynchronizedRef.set(renewing, false)),
            Effect.interruptible,
            Effect.forkIn(scope),
            Effect.as(true)
          )
    )

    const begin = Effect.fn("Record.begin")(function* (draft: IntentDraft, { repeat }: { readonly repeat: boolean }) {
      const { account, caller } = yield* Principal
      const wait = endpoints[draft.endpoint].moves === "cancels" ? cancelWait : undefined
      const { admission, leaveBy } = yield* write((db, now) => {
        const intent = intentOf(draft, { key, account, actor: actorOf(caller), at: now.wall })
        return { admission: Intents.begin(db, now, intent, repeat), leaveBy: intent.leaveBy }
      }, wait)
      if (admission._tag !== "Begun") return admission
      yield* startRenewing
      yield* logHead(admission.head)
      const intent: IntentRef = { seq: admission.head.seq, account, leaveBy }
      return { _tag: "Begun", intent } as const
    })

    const end = Effect.fn("Record.end")(function* (intent: IntentRef, outcome: Outcome) {
      const head = yield* write((db, now) =>
        Intents.end(db, now, {
          ...outcome,
          kind: "outcome",
          at: now.wall,
          actor: { id: "local" },
          intent: intent.seq
        })
      )
      if (head === undefined) return Option.none()
      yield* logHead(head)
      return Option.some(receiptOf(head))
    })

    return DurableRecord.of({
      begin,
      end,
      settling: ({ seq }) => write((db) => Intents.markSettling(db, seq)),
      refused: Effect.fn("Record.refused")(function* ({ endpoint, params }, { _tag, message }) {
        const { account, caller } = yield* Principal
        const head = yield* write((db, now) =>
          append(db, {
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
        return receiptOf(head)
      }),
      outcome: (seq) => read((db) => outcomeOf(db, seq)),
      isAmbiguous: ({ account, seq }, fingerprints) =>
        read((db, now) => Intents.isAmbiguous(db, now, { key, account, seq }, fingerprints)),
      madeBefore: (ids) =>
        ids.length === 0
          ? Effect.succeed(new Set())
          : Effect.flatMap(Principal, ({ account }) => read((db) => Intents.madeBefore(db, { key, account }, ids))),
      claimAbandoned: Effect.tap(
        write((db, now) => Intents.claimAbandoned(db, now, key).flatMap((seq) => draftOf(db, seq) ?? [])),
        (claimed) => (claimed.length > 0 ? startRenewing : Effect.void)
      ),
      activity: Effect.fn("Record.activity")(function* (options) {
        const { account, caller } = yield* Principal
        return yield* read((db) => activityOf(db, { key, account, caller: caller.id, ...options }))
      })
    })
  })
}

const actorOf = (caller: (typeof Principal.Service)["caller"]): Actor =>
  caller._tag === "Token" ? { id: caller.id, name: caller.name } : { id: caller.id }

/** The intent of a draft. Fields that are `undefined` are left out, as they are when the request is sent. */
const intentOf = (
  { before, endpoint, expiresAfter, fingerprints, identity, params }: IntentDraft,
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
  ...(identity !== undefined && { identity }),
  ...(expiresAfter !== undefined && { expires: at + leaveWithin + expiresAfter })
})

/** Heads leave the database, so that a record whose tail was cut can be told from one that ended there. */
const logHead = (head: Head) => Effect.logInfo("Record", { receipt: receiptOf(head) })
