import { Effect, Either, Option } from "effect"
import { escapeText } from "../../../../domain/wire/escapeText.ts"
import { monotonic } from "../../../../services/Clocks.ts"
import type { OpenOrder } from "./panicParts.ts"
import { patience } from "./retryCalls.ts"

/** The pause between the two readings that have to show no order. */
const betweenReadings = "700 millis"

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
export const proveEmpty = Effect.fnUntraced(function* <E extends { readonly message: string }>(proving: Proving<E>) {
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
