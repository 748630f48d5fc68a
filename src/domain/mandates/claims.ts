import { Either } from "effect"
import type { Directory } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { isDecimal } from "../numbers/numberText.ts"
import { rateOf } from "./amounts.ts"
import { type Claim, type Count, everyone, type Spend } from "./claim.ts"
import { assetName, unitValue } from "./conversion.ts"
import type { Judging, Rules } from "./facts.ts"
import type { Money, SpendingLimits } from "./mandate.ts"
import { hasLimit, type Judged, uncheckable } from "./refusal.ts"

/** A spend before it is valued. */
export interface Draft extends Omit<Spend, "amount" | "counts"> {
  readonly amount: D.Decimal
  /** True if it counts against limits. */
  readonly isCounted: boolean
  /** A price at which the asset can be sold. One unit of the asset is worth at least this. */
  readonly floor?: { readonly asset: string; readonly price: D.Decimal }
  /** The limit of a withdrawal address that it counts against as well. */
  readonly address?: { readonly bucket: string; readonly currency: string }
  /** The order that an amendment raises: its amount, and the limits it counts against with their frozen rates. */
  readonly raised?: { readonly amount: D.Decimal; readonly counts: ReadonlyArray<Count> }
}

interface Bucket {
  readonly scope: string
  readonly bucket: string
  /** The display name of its currency. */
  readonly currency: string
}

/** Lists the limits of spending. A limit without a currency cannot be evaluated. */
const bucketsOf = ({ own, server }: Rules, directory: Directory): Judged<ReadonlyArray<Bucket>> => {
  const buckets: Array<Bucket> = []
  for (const [scope, spending] of [
    [own?.subject, own?.terms.spending],
    [everyone, server?.spending]
  ] as ReadonlyArray<readonly [string | undefined, SpendingLimits | undefined]>) {
    if (scope === undefined || spending === undefined || !hasLimit(spending.max)) continue
    if (spending.currency === undefined) return uncheckable("a limit of spending", "it has no currency")
    buckets.push({ scope, bucket: spending.currency, currency: assetName(directory, spending.currency) })
  }
  return Either.right(buckets)
}

/** The values above which a person is asked. */
export const thresholdsOf = ({ own, server }: Rules): ReadonlyArray<Money> =>
  [own?.terms.ask.above, server?.ask.above].flatMap((above) => above ?? [])

/** The currencies in which a write is valued, by display name. */
export const currenciesOf = (rules: Rules, directory: Directory): ReadonlyArray<string> => {
  const limits = Either.getOrElse(bucketsOf(rules, directory), () => []).map(({ currency }) => currency)
  return [...new Set([...limits, ...thresholdsOf(rules).map(({ asset }) => assetName(directory, asset))])]
}

/** The kinds of acts for which rules ask a person. */
const asksFor = ({ own, server }: Rules, kind: "funds" | "market" | "cancel-all"): boolean =>
  own?.terms.ask.kinds.includes(kind) === true || server?.ask.kinds.includes(kind) === true

/** A part of a claim, and the reasons to ask a person. */
export interface Valued {
  readonly claim: Claim
  readonly ask: ReadonlyArray<string>
}

/** The claim of a write that takes nothing. */
export const emptyClaim = ({ own }: Rules): Claim => ({
  ...(own !== undefined && { subject: own.subject, revision: own.revision }),
  spends: []
})

/**
 * Values the spends of a write in the currencies of all limits, checks the balances that have to stay, and finds the
 * reasons to ask a person. `reserves` is false for a write that only checks an order.
 */
export const claimOf = (
  { facts, rules }: Judging,
  drafts: ReadonlyArray<Draft>,
  {
    kinds,
    reserves = true
  }: { readonly kinds: ReadonlyArray<"funds" | "market" | "cancel-all">; readonly reserves?: boolean }
): Judged<Valued> =>
  Either.gen(function* () {
    const { books, directory } = facts
    const counted = drafts.filter(({ isCounted }) => isCounted)
    /** The value of a unit if all that the write takes of the asset had to be replaced. */
    const unit = (draft: Draft, currency: string): Judged<D.Decimal> =>
      Either.gen(function* () {
        const amountOf = ({ amount, raised }: Draft) => (raised === undefined ? amount : D.sum(amount, raised.amount))
        const total = counted
          .filter(({ asset }) => asset === draft.asset)
          .reduce((sum, other) => D.sum(sum, amountOf(other)), D.zero)
        if (draft.asset === currency || D.isZero(total)) return one
        const replaced = yield* unitValue(draft.asset, currency, total, directory, books)
        if (draft.floor === undefined) return replaced
        const { asset, price } = draft.floor
        const quote = yield* unitValue(asset, currency, D.multiply(amountOf(draft), price), directory, books)
        const sold = rateOf(D.multiply(price, quote), one)
        if (sold === undefined) return yield* uncheckable(`the value of ${draft.asset}`, "its price is too high")
        return D.max(replaced, sold)
      })
    const buckets = yield* bucketsOf(rules, directory)
    const spends: Array<Spend> = []
    for (const draft of drafts) {
      const { address, amount, floor: _floor, isCounted, raised, ...spend } = draft
      const own =
        address === undefined || rules.own === undefined
          ? []
          : [{ ...address, scope: rules.own.subject, currency: assetName(directory, address.currency) }]
      const counts: Array<Count> = []
      for (const { bucket, currency, scope } of isCounted ? [...buckets, ...own] : []) {
        const rate = yield* unit(draft, currency)
        const frozen = raised?.counts.find((count) => count.scope === scope && count.bucket === bucket)
        counts.push({
          scope,
          bucket,
          rate: D.format(frozen === undefined ? rate : D.max(rate, D.decimal(frozen.rate)))
        })
      }
      const gone = (raised?.counts ?? []).filter(
        ({ bucket, scope }) => !counts.some((count) => count.scope === scope && count.bucket === bucket)
      )
      spends.push({ ...spend, amount: D.format(amount), counts: [...counts, ...gone] })
    }
    if (!reserves) return { claim: emptyClaim(rules), ask: [] }
    yield* keptOf({ facts, rules }, counted)
    const ask: Array<string> = kinds.filter((kind) => asksFor(rules, kind))
    for (const { amount: most, asset } of thresholdsOf(rules)) {
      let value = D.zero
      for (const draft of counted) {
        const rate = yield* unit(draft, assetName(directory, asset))
        value = D.sum(value, D.multiply(D.sum(draft.amount, draft.raised?.amount ?? D.zero), rate))
      }
      if (D.greaterThan(value, D.decimal(most))) ask.push(`above ${most} ${asset}`)
    }
    return { claim: { ...emptyClaim(rules), spends }, ask: [...new Set(ask)] }
  })

/** Tells whether a balance of an asset, by its display name, has to stay. */
export const keeps = ({ own }: Rules, asset: string): boolean =>
  own !== undefined && Object.hasOwn(own.terms.keep, asset)

/** Checks that no balance goes below the amount that has to stay. */
const keptOf = ({ facts, rules }: Pick<Judging, "facts" | "rules">, counted: ReadonlyArray<Draft>): Judged<void> => {
  const { directory } = facts
  for (const [name, kept] of Object.entries(rules.own?.terms.keep ?? {})) {
    const unit = assetName(directory, name)
    const taken = counted.filter(({ asset }) => asset === unit)
    if (taken.length === 0) continue
    if (facts.balances === undefined) return uncheckable("the balances that have to stay", "they could not be read")
    const text = facts.balances.get(unit) ?? "0"
    const balance = isDecimal(text) ? D.parse(text) : undefined
    if (balance === undefined) return uncheckable("the balances that have to stay", `that of ${unit} is no amount`)
    const sum = taken.reduce((all, { amount }) => D.sum(all, amount), D.zero)
    const left = D.max(D.zero, D.subtract(balance, D.decimal(kept)))
    if (D.greaterThan(sum, left) && D.isPositive(sum)) {
      const [asked, allowed] = [D.format(sum), D.format(left)]
      return Either.left({ _tag: "TooMuch", layer: "mandate", limit: "keep", asked, allowed, left: allowed, unit })
    }
  }
  return Either.void
}

const one = D.decimal("1")
