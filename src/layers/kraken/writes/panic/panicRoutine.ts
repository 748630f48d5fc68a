import { Duration, Effect, Either, Option, Ref } from "effect"
import type { Params, WriteEndpoint } from "../../../../domain/endpoints/endpoints.ts"
import { monotonic } from "../../../../services/Clocks.ts"
import { maximumIds } from "../../orders/orderLists.ts"
import { decodeOpenOrders } from "./openOrders.ts"
import type { PanicCallFailed, PanicCalls } from "./panicCalls.ts"
import { type OpenOrder, PanicFileFailed, type PanicParts } from "./panicParts.ts"
import type { PanicOptions, PanicReport } from "./panicReport.ts"
import { pendingWithdrawals } from "./pendingWithdrawals.ts"
import { proveEmpty } from "./proveEmpty.ts"
import { makePatiently, shortPatience } from "./retryCalls.ts"
import { waitForWrites } from "./waitForWrites.ts"

/** The seconds after which Kraken cancels all orders, should this process end before it is done. */
const timerSeconds = 15

/** The pause between two calls that renew the timer. */
const renewEvery = Duration.toMillis("8 seconds")

/** The time for which the list of open orders is tried again that is written before anything is cancelled. */
const listPatience = Duration.toMillis("3 seconds")

/** Orders of a batch that are cancelled one by one after batches did not help. */
const fewOrders = 5

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
  const patiently = makePatiently(say)

  /** Makes a cancel patiently, and records it. */
  const write = (what: string, endpoint: WriteEndpoint, params: Params, lasting?: number) =>
    record.recorded(endpoint, params, patiently(what, goneIsDone(calls.write(endpoint, params)), lasting))

  const readRaw = calls.read("private/OpenOrders", {})
  const readOpen = (lasting?: number) =>
    Effect.flatMap(patiently("Reading open orders", readRaw, lasting), (result) =>
      Option.match(decodeOpenOrders(result), {
        onNone: () => new PanicFileFailed({ message: "Kraken's list of open orders has an unknown form." }),
        onSome: (orders) => Effect.succeed({ result, orders })
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

const chunksOf = (ids: ReadonlyArray<string>, size: number): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size))
