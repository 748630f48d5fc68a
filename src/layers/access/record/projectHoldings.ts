import { everyone } from "../../../domain/mandates/claim.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Place } from "./place.ts"
import { all, first, run, type Steps } from "../../storage/steps.ts"

/** An amount that came in, or left if it is negative. */
interface Gain {
  readonly asset: string
  readonly amount: D.Decimal
}

/** The facts of a spend that determine for whom its gains count. */
interface Gainer {
  readonly account: string
  readonly key: string
  /** 1 if it takes only what its scope owns, otherwise 0. */
  readonly reduces: number
  /** The subject of the mandate of its caller; null without one. */
  readonly subject: string | null
}

/**
 * Adds to what a caller has gained, and to what all callers have. A spend that does not only reduce takes what the account
 * holds, and so leaves what its scope bought: it could otherwise never be sold again without a limit.
 */
export function* gain(place: Place, { account, key, reduces, subject }: Gainer, { amount, asset }: Gain): Steps<void> {
  const owned = D.isNegative(amount) && reduces === 0 ? D.zero : amount
  for (const scope of subject === null ? [everyone] : [subject, everyone])
    yield* gainOf(place, { scope, key, account, asset }, owned, amount)
}

/** An asset that a scope holds on an account. `scope` is the subject of a mandate, or all callers. */
interface Holding {
  readonly scope: string
  readonly key: string
  readonly account: string
  readonly asset: string
}

/** Removes a row that comes to zero. All callers together never own less than nothing: some own what was granted to them. */
function* gainOf(
  place: Place,
  { account, asset, key, scope }: Holding,
  amount: D.Decimal,
  net: D.Decimal
): Steps<void> {
  if (D.isZero(amount) && D.isZero(net)) return
  const held = yield* first<{ readonly amount: string; readonly net: string }>(
    `SELECT amount, net FROM ${place}holdings WHERE scope = ? AND key = ? AND account = ? AND asset = ?`,
    scope,
    key,
    account,
    asset
  )
  const sum = D.sum(D.decimal(held?.amount ?? "0"), amount)
  const owned = scope === everyone ? D.max(D.zero, sum) : sum
  const left = D.sum(D.decimal(held?.net ?? "0"), net)
  if (D.isZero(owned) && D.isZero(left))
    yield* run(
      `DELETE FROM ${place}holdings WHERE scope = ? AND key = ? AND account = ? AND asset = ?`,
      scope,
      key,
      account,
      asset
    )
  else
    yield* run(
      `INSERT INTO ${place}holdings (scope, key, account, asset, amount, net) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (scope, key, account, asset) DO UPDATE SET amount = excluded.amount, net = excluded.net`,
      scope,
      key,
      account,
      asset,
      D.format(owned),
      D.format(left)
    )
}

/** A row, with its amounts as `holdingColumns` of `layout.ts` describes them. */
interface HeldAmounts extends Holding {
  readonly amount: string
  readonly net: string
}

/** Moves what was gained under one key to another one. */
export function* rekeyHoldings(place: Place, from: string, to: string): Steps<void> {
  const held = yield* all<HeldAmounts>(
    `SELECT scope, key, account, asset, amount, net FROM ${place}holdings WHERE key = ?`,
    from
  )
  yield* run(`DELETE FROM ${place}holdings WHERE key = ?`, from)
  for (const { amount, net, ...holding } of held)
    yield* gainOf(place, { ...holding, key: to }, D.decimal(amount), D.decimal(net))
}

/** Replaces all holdings by those that a row of the record carries. */
export function* replaceHoldings(place: Place, held: ReadonlyArray<HeldAmounts>): Steps<void> {
  yield* run(`DELETE FROM ${place}holdings`)
  for (const { amount, net, ...holding } of held) yield* gainOf(place, holding, D.decimal(amount), D.decimal(net))
}
