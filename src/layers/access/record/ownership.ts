import { Option } from "effect"
import { type Claim, everyone } from "../../../domain/mandates/claim.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Limits } from "../../../services/Record.ts"
import { type Party, subjectOf } from "./party.ts"
import { all, column, first, type Steps } from "../../storage/steps.ts"

/**
 * The amount of an asset that a scope owns: capital, grants and what its writes gained, less what open writes can still
 * take of it. Under capital, all that it spends is its own. Otherwise only writes that reduce take of what it owns. Orders
 * that the fills of another one make, and that only reduce, can only take what that one got.
 */
export function* ownedOf(party: Party, scope: string, asset: string): Steps<{ owned: D.Decimal; reserved: D.Decimal }> {
  const { account, key } = party
  const terms = scope === everyone ? undefined : Option.getOrUndefined(party.mandate)?.terms
  const hasCapital = terms?.capital !== undefined
  const gained = yield* first<{ readonly amount: string; readonly net: string }>(
    "SELECT amount, net FROM holdings WHERE scope = ? AND key = ? AND account = ? AND asset = ?",
    scope,
    key,
    account,
    asset
  )
  const parts = [
    terms !== undefined && Object.hasOwn(terms.grants, asset) ? (terms.grants[asset] ?? "0") : "0",
    terms?.capital?.asset === asset ? terms.capital.amount : "0",
    (hasCapital ? gained?.net : gained?.amount) ?? "0"
  ]
  const owned = parts.map(D.decimal).reduce((a, b) => D.sum(a, b))
  const open = yield* all<{
    readonly amount: string
    readonly paid: string
    readonly got: string | null
  }>(
    `SELECT s.amount, s.paid, CASE WHEN s.reduces = 1 THEN p.got END AS got FROM spends s LEFT JOIN spends p ON s.parent_n = p.n AND s.seq = p.seq
     WHERE s.key = @key AND s.account = @account AND s.state = 'open' AND s.asset = @asset
       AND (s.subject = @subject OR @subject IS NULL) AND (@all = 1 OR s.reduces = 1)`,
    {
      key,
      account,
      asset,
      subject: scope === everyone ? null : scope,
      all: hasCapital ? 1 : 0
    }
  )
  const reserved = open.reduce((sum, { amount, got, paid }) => {
    const most = got === null ? D.decimal(amount) : D.min(D.decimal(amount), D.decimal(got))
    return D.sum(sum, D.max(D.zero, D.subtract(most, D.decimal(paid))))
  }, D.zero)
  return { owned, reserved }
}

/** The amount of an asset that a caller owns and no open write can take. Without a mandate: that all callers own. */
export function* availableOf(party: Party, asset: string): Steps<string> {
  const { owned, reserved } = yield* ownedOf(party, subjectOf(party) ?? everyone, asset)
  return D.format(D.max(D.zero, D.subtract(owned, reserved)))
}

/**
 * Checks that a caller with capital spends only what it owns, and that orders which only reduce sell only what their
 * scope owns.
 */
export function* ownershipReached(party: Party, claim: Claim): Steps<NoRoom | undefined> {
  const scope = subjectOf(party) ?? everyone
  const hasCapital = Option.exists(party.mandate, ({ terms }) => terms.capital !== undefined)
  const bound = claim.spends.filter(({ order, parent }) =>
    order?.reduces === true ? parent === undefined : hasCapital
  )
  for (const asset of new Set(bound.map((spend) => spend.asset))) {
    const asked = bound
      .filter((spend) => spend.asset === asset)
      .reduce((sum, { amount }) => D.sum(sum, D.decimal(amount)), D.zero)
    const { owned, reserved } = yield* ownedOf(party, scope, asset)
    const left = D.max(D.zero, D.subtract(owned, reserved))
    if (D.greaterThan(asked, left))
      return {
        _tag: "Limit",
        layer: scope === everyone ? "server" : "mandate",
        limit: hasCapital ? "capital" : "owned",
        asked: D.format(asked),
        allowed: D.format(owned),
        left: D.format(left),
        unit: asset
      }
  }
  return undefined
}

/** An amendment was answered after the report. It raised the bound of an order, and has no spend of its own any more. */
const amendedSince = `EXISTS (
  SELECT 1 FROM events e JOIN intents a ON a.seq = CAST(json_extract(e.body, '$.intent') AS BIGINT)
  WHERE e.seq > @asOf AND a.outcome_seq = e.seq AND a.endpoint = 'private/AmendOrder'
    AND a.key = @key AND a.account = @account)`

/**
 * Checks that a write leaves the balances that have to be kept. A write that was not answered before the report was asked
 * for is not in it: the most that it can take, or has taken since, is subtracted. One whose outcome is unknown was not
 * answered, and can be missing from any report.
 */
export function* keepReached(party: Party, claim: Claim, { report }: Limits): Steps<NoRoom | undefined> {
  const keep = Option.getOrUndefined(party.mandate)?.terms.keep ?? {}
  for (const [asset, least] of Object.entries(keep)) {
    const asked = claim.spends
      .filter((spend) => spend.asset === asset && spend.parent === undefined && spend.order?.reduces !== true)
      .reduce((sum, { amount }) => D.sum(sum, D.decimal(amount)), D.zero)
    if (D.isZero(asked)) continue
    // Without a report there is nothing to compare with, so that nothing is left.
    const reported =
      report !== undefined && Object.hasOwn(report.available, asset) ? (report.available[asset] ?? "0") : "0"
    const unreported =
      report === undefined
        ? []
        : yield* column<string>(
            `SELECT CASE s.state WHEN 'open' THEN s.amount ELSE s.paid END FROM spends s JOIN intents i USING (seq)
       WHERE s.key = @key AND s.account = @account AND s.asset = @asset
         AND (i.outcome_seq IS NULL OR i.outcome_seq > @asOf
           OR (s.state = 'open' AND (i.state = 'unknown' OR ${amendedSince})))`,
            { key: party.key, account: party.account, asset, asOf: report.asOf }
          )
    const available = unreported.reduce((left, amount) => D.subtract(left, D.decimal(amount)), D.decimal(reported))
    const left = D.max(D.zero, D.subtract(available, D.decimal(least)))
    if (D.greaterThan(asked, left))
      return {
        _tag: "Limit",
        layer: "mandate",
        limit: "keep",
        asked: D.format(asked),
        allowed: D.format(D.max(D.zero, D.subtract(D.decimal(reported), D.decimal(least)))),
        left: D.format(left),
        unit: asset
      }
  }
  return undefined
}
