import { Clock, DateTime, Effect, Layer, Option, Schedule, Scope } from "effect"
import {
  callsIn,
  callsLeaveAt,
  type CallWindow,
  callWindows,
  minuteOf,
  oldestMinute
} from "../../domain/mandates/callWindows.ts"
import type { Mandate } from "../../domain/mandates/mandate.ts"
import { CallBudget, type CallUsage } from "../../services/CallBudget.ts"
import { Config } from "../../services/Config.ts"
import { LimitReached } from "../../services/LimitErrors.ts"
import { Principal } from "../../services/Principal.ts"
import { RecordUnavailable } from "../../services/Record.ts"
import type { DatabaseUnavailable } from "../storage/databaseFile.ts"
import { all, run, type Steps } from "../storage/steps.ts"
import type { TransactionalDatabase } from "../storage/transactionalDatabase.ts"
import { nameInAccount } from "./principals.ts"
import { type Authority, authorityInFile, authorityOf } from "./record/authority.ts"

/** The pause between two writes of the counts, and the age at which counts of other processes are read again. */
const flushEvery = 5000

/** The calls of one subject. */
interface Counter {
  /** The calls of all processes by minute, as last read from the file. */
  saved: ReadonlyMap<number, number>
  /** The calls of this process that the file does not have yet. */
  readonly unsaved: Map<number, number>
  /** The time at which `saved` was read, in Unix milliseconds. */
  readAt: number
  /** The calls in each span that ends with the minute `at`. Undefined if they have to be counted again. */
  sums: { readonly at: number; readonly used: { [Window in CallWindow]: number } } | undefined
}

/** Counts in memory, which are added to the table `calls` of `authority.db` every few seconds and at the end. */
export const CallBudgetSql = Layer.scoped(
  CallBudget,
  Effect.flatMap(Effect.flatMap(Config, authorityOf), makeCallBudget)
)

/** Counts that end with their scope. For tests and for accounts that are not kept. */
export const CallBudgetInMemory = Layer.scoped(CallBudget, makeCallBudget(authorityInFile(":memory:")))

function makeCallBudget(authority: Authority): Effect.Effect<typeof CallBudget.Service, never, Scope.Scope> {
  return Effect.gen(function* () {
    const scope = yield* Effect.scope
    const counters = new Map<string, Counter>()
    let database: TransactionalDatabase | undefined
    const opening = yield* Effect.makeSemaphore(1)

    const flush = (db: TransactionalDatabase) =>
      Effect.suspend(() => {
        const changed = [...counters].filter(([, { unsaved }]) => unsaved.size > 0)
        return changed.length === 0 ? Effect.void : Effect.map(db.write(saveAll(changed)), noteSaved)
      }).pipe(Effect.uninterruptible)

    /** Opens the file on the first call that is limited. The last flush comes before the file is closed. */
    const opened = Effect.suspend(() => (database === undefined ? open : Effect.succeed(database)))
    const flushInBackground = (db: TransactionalDatabase) =>
      Effect.catchAll(flush(db), ({ reason }) => Effect.logWarning("Counts of calls could not be saved", { reason }))
    const open = Effect.gen(function* () {
      if (database !== undefined) return database
      const db = yield* Scope.extend(authority.open, scope)
      yield* Scope.addFinalizer(scope, flushInBackground(db))
      // A fiber inherits that it can't be interrupted.
      const flushing = Effect.interruptible(Effect.repeat(flushInBackground(db), Schedule.spaced(flushEvery)))
      yield* Effect.forkIn(flushing, scope)
      database = db
      return db
    }).pipe(Effect.uninterruptible, opening.withPermits(1))

    /** Reads the counts of a subject again, if they are old. */
    const refreshed = Effect.fnUntraced(function* (subject: string, now: number) {
      const db = yield* opened
      const saved = yield* db.read(() => savedOf(subject, minuteOf(now)))
      const counter = counters.get(subject) ?? { saved, unsaved: new Map(), readAt: now, sums: undefined }
      counters.set(subject, counter)
      Object.assign(counter, { saved, readAt: now, sums: undefined })
      return counter
    })

    /** Finds the counts of a subject. Counts that are recent are found without an effect that waits. */
    const counterOf = (subject: string, now: number): Effect.Effect<Counter, RecordUnavailable> => {
      const known = counters.get(subject)
      return known !== undefined && Math.abs(now - known.readAt) < flushEvery
        ? Effect.succeed(known)
        : Effect.mapError(
            refreshed(subject, now),
            ({ reason }: DatabaseUnavailable) => new RecordUnavailable({ reason })
          )
    }

    return CallBudget.of({
      count: ({ exempt, name }) =>
        Effect.flatMap(Principal, (principal) => {
          const limited = limitsOf(principal)
          if (limited === undefined) return Effect.void
          const { subject, terms } = limited
          const counted = Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Effect.flatMap(counterOf(subject, now), (counter) => {
              const reached = exempt ? undefined : reachedBy(counter, terms, name, now)
              if (reached !== undefined) return reached
              add(counter, minuteOf(now))
              return Effect.void
            })
          )
          return exempt ? Effect.catchTag(counted, "RecordUnavailable", (error) => Effect.logWarning(error)) : counted
        }),
      usage: Effect.flatMap(Principal, (principal) => {
        const limited = limitsOf(principal)
        if (limited === undefined) return Effect.succeed([])
        const { subject, terms } = limited
        return Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.map(counterOf(subject, now), (counter) =>
            callWindows.flatMap((window) => usageIn(counter, terms, window, now))
          )
        )
      })
    })
  })
}

/** Finds the mandate of a caller whose calls are limited, and the name under which they are counted. */
const limitsOf = (principal: typeof Principal.Service) => {
  const mandate = Option.getOrUndefined(principal.mandate)
  return mandate === undefined || !isLimited(mandate.terms)
    ? undefined
    : { subject: nameInAccount(principal, mandate.subject), terms: mandate.terms }
}

const isLimited = ({ calls }: Mandate): boolean => callWindows.some((window) => calls[window] !== undefined)

/** Adds the calls of this process to those that the file has. */
const countsOf = ({ saved, unsaved }: Counter): ReadonlyMap<number, number> => {
  const counts = new Map(saved)
  for (const [minute, count] of unsaved) counts.set(minute, (counts.get(minute) ?? 0) + count)
  return counts
}

/** The calls in each span that ends with a minute. They are counted once a minute, and otherwise kept up to date. */
const used = (counter: Counter, minute: number) => {
  if (counter.sums?.at === minute) return counter.sums.used
  const counts = countsOf(counter)
  const used = {
    min: callsIn(counts, "min", minute),
    hour: callsIn(counts, "hour", minute),
    day: callsIn(counts, "day", minute)
  }
  counter.sums = { at: minute, used }
  return used
}

const add = (counter: Counter, minute: number): void => {
  const sums = used(counter, minute)
  counter.unsaved.set(minute, (counter.unsaved.get(minute) ?? 0) + 1)
  for (const window of callWindows) sums[window]++
}

const reachedBy = (counter: Counter, { calls }: Mandate, call: string, now: number): LimitReached | undefined => {
  const minute = minuteOf(now)
  const sums = used(counter, minute)
  const window = callWindows.findLast((window) => sums[window] >= (calls[window] ?? Infinity))
  if (window === undefined) return undefined
  const allowed = calls[window] ?? 0
  const at = callsLeaveAt(countsOf(counter), window, minute, sums[window] - allowed + 1)
  return new LimitReached({
    layer: "mandate",
    call,
    limit: `calls/${window}`,
    asked: "1",
    allowed: String(allowed),
    left: "0",
    unit: "calls",
    ...(allowed > 0 && at !== undefined && { availableAt: DateTime.unsafeMake(at) })
  })
}

const usageIn = (counter: Counter, { calls }: Mandate, window: CallWindow, now: number): ReadonlyArray<CallUsage> => {
  const allowed = calls[window]
  if (allowed === undefined) return []
  const counted = used(counter, minuteOf(now))[window]
  const availableAt = counted === 0 ? undefined : callsLeaveAt(countsOf(counter), window, minuteOf(now), 1)
  return [
    {
      window,
      allowed,
      used: counted,
      left: Math.max(0, allowed - counted),
      ...(availableAt !== undefined && { availableAt })
    }
  ]
}

interface CallRow {
  readonly minute: number
  readonly count: number
}

function* savedOf(subject: string, minute: number): Steps<ReadonlyMap<number, number>> {
  const rows = yield* all<CallRow>(
    "SELECT minute, count FROM calls WHERE subject = ? AND minute >= ?",
    subject,
    oldestMinute(minute)
  )
  return new Map(rows.map(({ count, minute }) => [minute, count]))
}

interface Save {
  readonly counter: Counter
  readonly added: ReadonlyMap<number, number>
  readonly saved: ReadonlyMap<number, number>
  readonly at: number
}

/** Adds the counts of some subjects to the table, and reads those of all processes. */
const saveAll = (changed: ReadonlyArray<readonly [string, Counter]>) =>
  function* ({ wall }: { readonly wall: number }): Steps<ReadonlyArray<Save>> {
    yield* run("DELETE FROM calls WHERE minute < ?", oldestMinute(minuteOf(wall)))
    const saves: Array<Save> = []
    for (const [subject, counter] of changed) {
      const added = new Map(counter.unsaved)
      for (const [minute, count] of added)
        yield* run(
          `INSERT INTO calls AS c (subject, minute, count) VALUES (?, ?, ?)
           ON CONFLICT (subject, minute) DO UPDATE SET count = c.count + excluded.count`,
          subject,
          minute,
          count
        )
      saves.push({ counter, added, saved: yield* savedOf(subject, minuteOf(wall)), at: wall })
    }
    return saves
  }

/** Notes counts that the file now has. Calls that were counted meanwhile stay unsaved. */
const noteSaved = (saves: ReadonlyArray<Save>): void => {
  for (const { added, at, counter, saved } of saves) {
    for (const [minute, count] of added) {
      const rest = (counter.unsaved.get(minute) ?? 0) - count
      if (rest > 0) counter.unsaved.set(minute, rest)
      else counter.unsaved.delete(minute)
    }
    Object.assign(counter, { saved, readAt: at, sums: undefined })
  }
}
