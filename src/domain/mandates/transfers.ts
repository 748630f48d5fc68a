import { Either, type Schema } from "effect"
import * as D from "../numbers/decimal.ts"
import { boundOf } from "./amounts.ts"
import { withdrawBucket } from "./claim.ts"
import { claimOf, type Draft } from "./claims.ts"
import { assetName } from "./conversion.ts"
import type { Allowed, Judge, Judging } from "./facts.ts"
import { type Judged, notAllowed, uncheckable } from "./refusal.ts"
import * as Fields from "./writeFields.ts"

type Params = { readonly [name: string]: unknown }

/** Judges a withdrawal. Under a mandate, it can only go to an address that the mandate names, unless that allows all. */
export const withdraw: Judge = (judging, params) =>
  Either.gen(function* () {
    const { own } = judging.rules
    const fields = yield* Fields.readFields(Fields.Withdraw, params)
    const asset = yield* assetOf(judging, fields.asset, fields.aclass)
    const amount = yield* amountOf(fields.amount)
    const addresses = own?.terms.withdraw
    const limit = addresses !== undefined && Object.hasOwn(addresses, fields.key) ? addresses[fields.key] : undefined
    if (addresses !== undefined && limit === undefined)
      return yield* notAllowed("mandate", "withdraw", fields.key, Object.keys(addresses).join(", ") || "no address")
    const address = limit && {
      address: { bucket: withdrawBucket(fields.key, limit.asset), currency: limit.asset }
    }
    return yield* allowed(judging, { ...fields }, [{ kind: "funds", asset, amount, isCounted: true, ...address }], true)
  })

const transfer =
  <A extends { readonly amount: string; readonly asset: string; readonly asset_class?: AssetClass }, I>(
    schema: Schema.Schema<A, I>
  ): Judge =>
  (judging, params) =>
    Either.gen(function* () {
      const fields = yield* Fields.readFields(schema, params)
      const asset = yield* assetOf(judging, fields.asset, fields.asset_class)
      const amount = yield* amountOf(fields.amount)
      return yield* allowed(judging, { ...fields }, [{ kind: "funds", asset, amount, isCounted: true }], true)
    })

type AssetClass = "currency" | "tokenized_asset"

/** Judges a transfer to Kraken Futures. */
export const walletTransfer: Judge = transfer(Fields.WalletTransfer)

/** Judges a transfer between accounts. */
export const accountTransfer: Judge = transfer(Fields.AccountTransfer)

/** Strategies whose coins can be taken back at any time. */
const unlocked: ReadonlyArray<string> = ["flex", "instant"]

/** Judges an allocation. One whose strategy is unknown counts as locked. */
export const allocate: Judge = (judging, params) =>
  Either.gen(function* () {
    const fields = yield* Fields.readFields(Fields.EarnChange, params)
    const { strategy } = judging.facts
    if (strategy === undefined) return yield* uncheckable("the strategy", "its asset could not be read")
    const asset = yield* assetOf(judging, strategy.asset, undefined)
    const amount = yield* amountOf(fields.amount)
    const isLocked = strategy.lock === undefined || !unlocked.includes(strategy.lock)
    return yield* allowed(judging, { ...fields }, [{ kind: "earn", asset, amount, isCounted: true }], isLocked)
  })

/** Judges a deallocation, which takes nothing from the account. */
export const deallocate: Judge = (judging, params) =>
  Either.flatMap(Fields.readFields(Fields.EarnChange, params), (fields) => allowed(judging, { ...fields }, [], false))

const allowed = (judging: Judging, params: Params, drafts: ReadonlyArray<Draft>, asks: boolean): Judged<Allowed> =>
  Either.map(claimOf(judging, drafts, { kinds: asks ? ["funds"] : [] }), ({ ask, claim }) => ({
    _tag: "Allowed",
    params,
    claim,
    ask
  }))

/** Finds the display name of an asset, within the class that the request names. */
const assetOf = ({ facts }: Judging, spelling: string, assetClass: AssetClass | undefined): Judged<string> => {
  const found = facts.directory.findAsset(spelling)
  if (found === undefined) return uncheckable("the asset", "Kraken lists no such asset")
  return assetClass !== undefined && found.asset.assetClass !== assetClass
    ? uncheckable("the asset", `${found.asset.display} is of another asset class`)
    : Either.right(assetName(facts.directory, spelling))
}

const amountOf = (text: string): Judged<D.Decimal> => {
  const amount = boundOf(D.decimal(text))
  return amount === undefined ? uncheckable("the amount", "it is too large") : Either.right(amount)
}
