import { Effect } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import { likeness, type SentOrder } from "../../../domain/orders/orderMatch.ts"
import { ambiguous, type Finding, match, noMatch } from "./finding.ts"
import type { Listed } from "../orders/orderLists.ts"
import type { ProcedureContext } from "./writeProcedure.ts"

/**
 * Picks each order that was sent from `rows`. Orders that earlier recorded writes made are none of them. A row that fits
 * several orders is only one of them, so that it is ambiguous for each: the row of another one might still be missing.
 */
export const pickOrders = Effect.fnUntraced(function* (
  context: ProcedureContext,
  directory: Directory,
  rows: ReadonlyArray<Listed>,
  sent: ReadonlyArray<SentOrder>
) {
  const made = yield* context.madeBefore(rows.map(({ txid }) => txid))
  const candidates = rows.filter(({ txid }) => !made.has(txid))
  const picks = sent.map((order) => pickOrder(directory, candidates, order))
  const counts = new Map<string, number>()
  for (const pick of picks) {
    if (pick._tag === "Match") counts.set(pick.value.txid, (counts.get(pick.value.txid) ?? 0) + 1)
  }
  return picks.map((pick) =>
    pick._tag === "Match" && (counts.get(pick.value.txid) ?? 0) > 1
      ? ambiguous(`${pick.value.txid} fits several of the orders`)
      : pick
  )
})

/** Picks the one order among `rows` that is `sent`. Ambiguous if several fit, or if one fits that shows neither id. */
const pickOrder = (directory: Directory, rows: ReadonlyArray<Listed>, sent: SentOrder): Finding<Listed> => {
  const compared = rows.map((listed) => ({ listed, like: likeness(listed.row, sent, samePair(directory)) }))
  const same = unique(compared.filter(({ like }) => like === "same").map(({ listed }) => listed))
  const perhaps = compared.filter(({ like }) => like === "perhaps").map(({ listed }) => listed)
  const [first] = same
  if (same.length > 1) return ambiguous(`several orders match: ${same.map(({ txid }) => txid).join(", ")}`)
  if (first !== undefined) return match(first)
  return perhaps.length > 0 ? ambiguous(`it might be ${perhaps.map(({ txid }) => txid).join(" or ")}`) : noMatch()
}

/** Drops repeated ids. An order that closes between the reads of two lists is in both, and its later row counts. */
const unique = (rows: ReadonlyArray<Listed>) => [...new Map(rows.map((listed) => [listed.txid, listed])).values()]

const samePair = (directory: Directory) => (a: string, b: string) => {
  const [left, right] = [directory.findPair(a), directory.findPair(b)]
  return left !== undefined && right !== undefined ? left.id === right.id : bare(a) === bare(b)
}

/** Gives one spelling to names of pairs that the directory does not know. */
const bare = (pair: string) =>
  pair
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "")
    .replace("BTC", "XBT")
    .replace("DOGE", "XDG")
