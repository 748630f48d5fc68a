import { Clock, Data, Duration, Effect, Either, Option, Ref, Schema } from "effect"
import type { Params, WriteEndpoint } from "../../../../domain/endpoints/endpoints.ts"
import { OrderRow } from "../../../../domain/orders/orderMatch.ts"
import { escapeText } from "../../../../domain/wire/escapeText.ts"
import { monotonic } from "../../../../services/Clocks.ts"
import { longestFlight } from "../../../access/record/emergency.ts"
import { maximumIds } from "../../orders/orderLists.ts"
import type { PanicCallFailed, PanicCalls } from "./panicCalls.ts"
import type { PanicOptions, PanicReport, PendingWithdrawal } from "./panicReport.ts"

/** A part of a panic that needs a file, and the file cannot be used. */
export class PanicFileFailed extends Data.TaggedError("PanicFileFailed")<{ readonly message: string }> {}

/** An open order as a panic reads it. */
export interface OpenOrder {
  readonly txid: string
  readonly clOrdId?: string | undefined
  /** The order whose fill made it. */
  readonly parent?: string | undefined
  readonly ordertype: string
  /** The order as Kraken lists it. Absent if it has an unknown form. */
  readonly row?: OrderRow | undefined
}

/**
 * The record of this machine. The facts that a panic takes from it fail if it cannot be read; writing to it never fails, and
 * holds no cancel back.
 */
export interface PanicRecord {
  /** The times, in Unix milliseconds, until which writes in flight might still reach Kraken; of all keys. */
  readonly inFlight: Effect.Effect<ReadonlyArray<number>, PanicFileFailed>
  /** The ids of the orders that writes of this installation made. */
  readonly own: (orders: ReadonlyArray<OpenOrder>) => Effect.Effect<ReadonlySet<string>, PanicFileFailed>
  /** The number of tokens for Kraken's WebSocket that the API key got lately. Fails without a record. */
  readonly tokens: Effect.Effect<number, PanicFileFailed>
  /** A sentence about the timer of a caller that still runs. */
  readonly timer: Effect.Effect<Option.Option<string>, PanicFileFailed>
  /** Records a cancel, before its first call leaves and once it has ended. */
  readonly recorded: <A>(
    endpoint: WriteEndpoint,
    params: Params,
    call: Effect.Effect<A, PanicCallFailed>
  ) => Effect.Effect<A, PanicCallFailed>
  /** Records that orders are gone whose cancel was not answered. `all`: also those that another stop cancelled. */
  readonly proven: (all: boolean) => Effect.Effect<void>
  /** A sentence about cancels that could not be recorded. */
  readonly gaps: Effect.Effect<Option.Option<string>>
}

export interface PanicParts {
  readonly account: string
  readonly calls: PanicCalls
  readonly record: PanicRecord
  /** Writes the open orders to a file, and returns its path. */
  readonly writeList: (orders: unknown) => Effect.Effect<string, PanicFileFailed>
  /** Keeps the ids of the orders to cancel that a reading showed, for the case that the panic is interrupted. */
  readonly sawOpen: (ids: ReadonlyArray<string>) => Effect.Effect<void>
  /** Tells the operator how far it is. */
  readonly say: (line: string) => Effect.Effect<void>
}

/** The seconds after which Kraken cancels all orders, should this process end before it is done. */
const timerSeconds = 15

/** The pause between two calls that renew the timer. */
const renewEvery = Duration.toMillis("8 seconds")

/** The time for which a step is tried again. */
const patience = Duration.toMillis("60 seconds")

/** The same for the list of open orders that is written before anything is cancelled. */
const listPatience = Duration.toMillis("3 seconds")

/** The same for steps after all orders are gone. */
const shortPatience = Duration.toMillis("15 seconds")

/** The longest wait for writes in flight, in milliseconds. */
const longestWait = longestFlight + Duration.toMillis("3 seconds")

/** The first and the longest pause before a step is tried again, in milliseconds. */
const pauses = { first: 400, longest: 3000 }

/** The longest pause after a rate limit. Kraken's counters fall every second. */
const longestLimitPause = Duration.toMillis("5 seconds")

/** The pause between the two readings that have to show no order. */
const betweenReadings = "700 millis"

/** Orders of a batch that are cancelled one by one after batches did not help. */
const fewOrders = 5

/** Fields that are not named are kept. */
const others = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const Row = Schema.Struct(
  {
    cl_ord_id: Schema.optional(Schema.NullOr(Schema.String)),
    refid: Schema.optional(Schema.NullOr(Schema.String)),
    descr: Schema.Struct({ ordertype: Schema.String }, others)
  },
  others
)

const decodeRow = Schema.decodeUnknownOption(OrderRow)

const decodeOpen = Schema.decodeUnknownOption(
  Schema.Struct({ open: Schema.Record({ key: Schema.String, value: Row }) })
)

const Amount = Schema.Union(Schema.String, Schema.Number)

const decodeWithdrawals = Schema.decodeUnknownOption(
  Schema.Array(
    Schema.Struct({
      refid: Schema.String,
      asset: Schema.String,
      amount: Amount,
      status: Schema.optional(Schema.NullOr(Schema.String)),
      "status-prop": Schema.optional(Schema.NullOr(Schema.String))
    })
  )
)

/**
 * Types of orders that protect a position.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const stops: ReadonlySet<string> = new Set([
  "stop-loss",
  "stop-loss-limit",
  "take-profit",
  "take-profit-limit",
  "trailing-stop",
  "trailing-stop-limit"
])

/** States of a withdrawal that Kraken has not sent. */
const pendingStates: ReadonlySet<string> = new Set(["Initial", "Pending"])

const endedProps: ReadonlySet<string> = new Set(["canceled", "cancel-pending", "return"])

/**
 * Cancels the orders of an account while all is stopped, and proves it: list, timer, cancel, wait for writes in flight,
 * cancel again, read until none is open twice, withdrawals, timer off. Every step that Kraken does not answer is tried
 * again. Nothing is sold.
 */
export const runPanic = Effect.fn("panic")(function* (options: PanicOptions, parts: PanicParts) {
  const { account, calls, record, sawOpen, say, writeList } = parts
  const { keepStops, scope, withdrawals } = options
  const isWhole = scope === "all" && !keepStops
  const began = yield* monotonic
  const problems = yield* Ref.make<ReadonlyArray<string>>([])
  const notes = yield* Ref.make<ReadonlyArray<string>>([])
  const problem = (text: string) => Effect.zipRight(Ref.update(problems, add(text)), say(text))
  const note = (text: string) => Effect.zipRight(Ref.update(notes, add(text)), say(text))

  /** Makes a call again until it is answered, or time is over, or trying again cannot help. */
  const patiently = <A>(what: string, call: Effect.Effect<A, PanicCallFailed>, lasting = patience) =>
    Effect.gen(function* () {
      const began = yield* monotonic
      let pause = pauses.first
      let canJump = true
      for (;;) {
        const result = yield* Effect.either(call)
        if (Either.isRight(result)) return result.right
        const { message, remedy } = result.left
        if (remedy._tag === "Nonce" && canJump) {
          canJump = false
          continue
        }
        if (remedy._tag !== "Later") return yield* result.left
        const wait = remedy.seconds === undefined ? pause : Math.min(remedy.seconds * 1000, longestLimitPause)
        if ((yield* monotonic) - began + wait > lasting) return yield* result.left
        yield* say(`${what}: ${message} Trying again.`)
        yield* Effect.sleep(wait)
        pause = Math.min(Math.round(pause * 1.6), pauses.longest)
      }
    })

  /** Makes a cancel patiently, and records it. */
  const write = (what: string, endpoint: WriteEndpoint, params: Params, lasting?: number) =>
    record.recorded(endpoint, params, patiently(what, goneIsDone(calls.write(endpoint, params)), lasting))

  const readRaw = calls.read("private/OpenOrders", {})
  const readOpen = (lasting?: number) =>
    Effect.flatMap(patiently("Reading open orders", readRaw, lasting), (result) =>
      Option.match(decodeOpen(result), {
        onNone: () => new PanicFileFailed({ message: "Kraken's list of open orders has an unknown form." }),
        onSome: ({ open }) => Effect.succeed({ result, orders: ordersIn(open) })
      })
    )

  /** Divides open orders into those to cancel and those to keep. */
  const divide = Effect.fnUntraced(function* (orders: ReadonlyArray<OpenOrder>) {
    const isOwn = scope === "all" ? undefined : yield* record.own(orders)
    const isMeant = ({ ordertype, parent = "", txid }: OpenOrder) =>
      (isOwn === undefined || isOwn.has(txid) || isOwn.has(parent)) && !(keepStops && stops.has(ordertype))
    const meant = orders.filter(isMeant).map(({ txid }) => txid)
    yield* sawOpen(meant)
    return { meant, kept: orders.filter((order) => !isMeant(order)).map(({ txid }) => txid) }
  })

  const cancelIds = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const parts = ids.length <= fewOrders ? ids.map((id) => [id]) : chunksOf(ids, maximumIds)
    for (const part of parts) {
      const [only = "", ...others] = part
      yield* others.length === 0
        ? write("Cancelling an order", "private/CancelOrder", { txid: only })
        : write("Cancelling orders", "private/CancelOrderBatch", { orders: part })
    }
  })

  /** Cancels what the options mean, once. */
  const cancel = Effect.fnUntraced(function* () {
    if (isWhole) return yield* Effect.asVoid(write("Cancelling all orders", "private/CancelAll", {}))
    const { meant } = yield* divide((yield* readOpen()).orders)
    yield* cancelIds(meant)
  })

  const attempt = <E extends { readonly message: string }>(step: Effect.Effect<void, E>) =>
    Effect.catchAll(step, ({ message }) => problem(message))

  /** Renewed while it is needed: Kraken cancels everything should this process end. */
  const timer = yield* Ref.make<{ readonly mightRun: boolean; readonly at: number }>({ mightRun: false, at: -Infinity })
  const arm = Effect.gen(function* () {
    if (!isWhole || (yield* monotonic) - (yield* Ref.get(timer)).at < renewEvery) return
    const set = yield* Effect.either(setTimer(calls, timerSeconds))
    const mightRun = Either.isRight(set) || set.left.remedy._tag === "Later"
    yield* Ref.update(timer, (before) => ({ mightRun: before.mightRun || mightRun, at: before.at }))
    if (Either.isRight(set)) return yield* Ref.set(timer, { mightRun: true, at: yield* monotonic })
    yield* say(`The timer could not be set: ${set.left.message}`)
  })

  // Listing
  yield* say(`${account}: reading the open orders.`)
  const before = yield* Effect.either(readOpen(listPatience))
  const list = yield* Either.match(before, {
    onLeft: ({ message }) => Effect.as(note(`The open orders could not be listed at first: ${message}`), undefined),
    onRight: ({ result }) =>
      Effect.catchAll(writeList(result), ({ message }) =>
        Effect.as(note(`The list of open orders could not be written: ${message}`), undefined)
      )
  })
  const openBefore = Either.isRight(before)
    ? yield* Effect.option(Effect.map(divide(before.right.orders), ({ meant }) => meant.length))
    : Option.none<number>()
  if (list !== undefined) yield* say(`${account}: the open orders are listed in ${list}.`)

  // Timer
  if (isWhole) {
    const replaced = yield* Effect.orElseSucceed(record.timer, Option.none)
    yield* arm
    if (Option.isSome(replaced) && (yield* Ref.get(timer)).mightRun)
      yield* note(`The timer of this stop replaced another one: ${replaced.value}`)
  }

  // Cancelling
  yield* say(
    `${account}: cancelling ${isWhole ? "all orders" : `${Option.getOrElse(openBefore, () => "the")} orders`}.`
  )
  yield* attempt(cancel())

  // Writes in flight
  const waited = yield* waitForWrites(parts, began, arm)
  if (Option.isSome(waited)) yield* problem(waited.value)

  yield* arm
  yield* say(`${account}: cancelling again.`)
  // A failure of the first attempt that this one makes good is no problem any more.
  yield* Ref.set(problems, Option.toArray(waited))
  yield* attempt(cancel())

  // Proof
  yield* say(`${account}: reading the open orders until there are none, twice.`)
  const proof = yield* proveEmpty({ readOpen, divide, cancelIds, arm, say, account })
  yield* Effect.forEach(Option.toArray(proof.failure), problem)
  if (proof.isEmpty) yield* record.proven(isWhole)

  // Withdrawals
  const pending = yield* pendingWithdrawals({ calls, patiently, write, isCancelling: withdrawals === "cancel" })
  yield* Effect.forEach(pending.problems, problem)
  yield* Effect.forEach(pending.notes, note)

  // Timer off
  if ((yield* Ref.get(timer)).mightRun) {
    if (proof.isEmpty)
      yield* attempt(
        Effect.asVoid(patiently("Turning the timer off", setTimer(calls, 0), shortPatience)).pipe(
          Effect.mapError(({ message }) => ({
            message: `The timer could not be turned off, so Kraken cancels all orders once more within ${timerSeconds} s: ${message}`
          }))
        )
      )
    else yield* note(`The timer stays on: Kraken cancels all orders of the account within ${timerSeconds} s.`)
  }

  yield* Effect.flatMap(record.gaps, (gap) => Effect.forEach(Option.toArray(gap), note))

  const tokens = yield* Effect.option(record.tokens)
  const report: PanicReport = {
    account,
    isEmpty: proof.isEmpty,
    ...(Option.isSome(openBefore) && { openBefore: openBefore.value }),
    stillOpen: proof.stillOpen,
    kept: proof.kept,
    ...(list !== undefined && { list }),
    withdrawals: pending.withdrawals,
    ...(Option.isSome(tokens) && { webSocketTokens: tokens.value }),
    problems: yield* Ref.get(problems),
    notes: yield* Ref.get(notes)
  }
  return report
})

/** Counts a cancel of orders that Kraken does not know as open any more as done. */
const goneIsDone = (call: Effect.Effect<unknown, PanicCallFailed>) =>
  Effect.catchIf(
    call,
    ({ remedy }) => remedy._tag === "Gone",
    () => Effect.void
  )

const add = (text: string) => (texts: ReadonlyArray<string>) => [...texts, text]

const setTimer = (calls: PanicCalls, timeout: number) => calls.write("private/CancelAllOrdersAfter", { timeout })

const ordersIn = (open: Readonly<Record<string, typeof Row.Type>>): ReadonlyArray<OpenOrder> =>
  Object.entries(open).map(([txid, row]) => ({
    txid,
    clOrdId: row.cl_ord_id ?? undefined,
    parent: row.refid ?? undefined,
    ordertype: row.descr.ordertype,
    row: Option.getOrUndefined(decodeRow(row))
  }))

const chunksOf = (ids: ReadonlyArray<string>, size: number): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size))

/** The pause between two looks at the writes in flight. */
const lookEvery = "250 millis"

/** The pause between two lines about the wait. */
const sayEvery = Duration.toMillis("5 seconds")

/**
 * Waits until no write can reach Kraken any more. While the record cannot be read, that is the longest flight of a write that
 * left before `began`, at which all was stopped already. Returns a problem if it cannot be known.
 */
const waitForWrites = Effect.fnUntraced(function* (
  { account, record, say }: PanicParts,
  began: number,
  arm: Effect.Effect<void>
) {
  let said = -Infinity
  for (;;) {
    const found = yield* Effect.either(record.inFlight)
    const elapsed = (yield* monotonic) - began
    const now = yield* Clock.currentTimeMillis
    const left = Either.match(found, {
      onLeft: () => longestFlight - elapsed,
      onRight: (untils) => (untils.length === 0 ? 0 : Math.max(...untils.map((until) => until - now)))
    })
    if (left <= 0) return Option.none<string>()
    if (Either.isRight(found) && elapsed >= longestWait)
      return Option.some(`${found.right.length} writes might still reach Kraken: wait a minute, and run this again.`)
    if (elapsed - said >= sayEvery) {
      const what = Either.match(found, {
        onLeft: ({ message }) => `${message} Waiting for writes that might be under way`,
        onRight: ({ length }) => `waiting for ${length} writes in flight`
      })
      yield* say(`${account}: ${what}, at most ${Math.ceil(Math.min(left, longestWait - elapsed) / 1000)} s.`)
      said = elapsed
    }
    yield* arm
    yield* Effect.sleep(lookEvery)
  }
})

interface Proving<E> {
  readonly account: string
  readonly readOpen: () => Effect.Effect<{ readonly orders: ReadonlyArray<OpenOrder> }, E>
  readonly divide: (
    orders: ReadonlyArray<OpenOrder>
  ) => Effect.Effect<{ readonly meant: ReadonlyArray<string>; readonly kept: ReadonlyArray<string> }, E>
  readonly cancelIds: (ids: ReadonlyArray<string>) => Effect.Effect<void, E>
  readonly arm: Effect.Effect<void>
  readonly say: (line: string) => Effect.Effect<void>
}

/** Reads open orders until none is meant in two readings. Cancels those that are. */
const proveEmpty = Effect.fnUntraced(function* <E extends { readonly message: string }>(proving: Proving<E>) {
  const { account, arm, cancelIds, divide, readOpen, say } = proving
  const began = yield* monotonic
  let empty = 0
  let last: { readonly meant: ReadonlyArray<string>; readonly kept: ReadonlyArray<string> } = { meant: [], kept: [] }
  const ended = (failure: Option.Option<string>) => ({
    isEmpty: Option.isNone(failure),
    stillOpen: last.meant,
    kept: last.kept,
    failure
  })
  for (;;) {
    const read = yield* Effect.either(Effect.flatMap(readOpen(), ({ orders }) => divide(orders)))
    if (Either.isLeft(read)) return ended(Option.some(`It is not known which orders are open: ${read.left.message}`))
    last = read.right
    empty = last.meant.length === 0 ? empty + 1 : 0
    if (empty === 2) return ended(Option.none())
    if ((yield* monotonic) - began > patience)
      return ended(Option.some(`Orders are still open: ${escapeText(last.meant.join(", "))}`))
    if (last.meant.length > 0) {
      yield* say(`${account}: ${last.meant.length} orders are open, cancelling them.`)
      yield* arm
      const again = yield* Effect.either(cancelIds(last.meant))
      if (Either.isLeft(again)) return ended(Option.some(`Orders are still open: ${again.left.message}`))
    }
    yield* Effect.sleep(betweenReadings)
  }
})

interface Withdrawing {
  readonly calls: PanicCalls
  readonly patiently: <A>(
    what: string,
    call: Effect.Effect<A, PanicCallFailed>,
    lasting?: number
  ) => Effect.Effect<A, PanicCallFailed>
  readonly write: (
    what: string,
    endpoint: WriteEndpoint,
    params: Params,
    lasting?: number
  ) => Effect.Effect<unknown, PanicCallFailed>
  readonly isCancelling: boolean
}

/** Lists withdrawals that Kraken has not sent, and cancels those that can be if that is wanted. */
const pendingWithdrawals = Effect.fnUntraced(function* ({ calls, isCancelling, patiently, write }: Withdrawing) {
  const read = yield* Effect.either(
    patiently("Reading withdrawals", calls.read("private/WithdrawStatus", {}), shortPatience)
  )
  const rows = Either.isRight(read) ? decodeWithdrawals(read.right) : Option.none()
  if (Option.isNone(rows)) {
    const why = Either.isLeft(read) ? read.left.message : "Kraken's list has an unknown form."
    const text = `Pending withdrawals could not be listed: ${why}`
    return { withdrawals: [], problems: isCancelling ? [text] : [], notes: isCancelling ? [] : [text] }
  }
  const problems: Array<string> = []
  const withdrawals: Array<PendingWithdrawal> = []
  for (const { amount, asset, refid, status, "status-prop": prop } of rows.value) {
    if (!pendingStates.has(status ?? "") || endedProps.has(prop ?? "")) continue
    const params: Params = { asset, refid }
    const canceled = isCancelling
      ? yield* Effect.either(write("Cancelling a withdrawal", "private/WithdrawCancel", params, shortPatience))
      : Either.right(false)
    if (Either.isLeft(canceled))
      problems.push(`The withdrawal ${refid} could not be cancelled: ${canceled.left.message}`)
    if (Either.isRight(canceled) && isCancelling && canceled.right !== true)
      problems.push(`The withdrawal ${refid} can no longer be cancelled.`)
    const isCanceled = Either.isRight(canceled) && canceled.right === true
    withdrawals.push({ refid, asset, amount: String(amount), status: status ?? "", isCanceled })
  }
  return { withdrawals, problems, notes: [] }
})
