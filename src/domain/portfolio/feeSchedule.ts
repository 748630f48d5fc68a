import type { Result } from "../endpoints/endpoints.ts"
import * as D from "../numbers/decimal.ts"

type Volume = Result<"private/TradeVolume">
type Fee = NonNullable<Volume["fees"]>[string]
type Tier = NonNullable<Volume["schedules"]>[number]["tiers"][number]

/** Kraken's facts about the fees of one pair. Fees are percents. */
export interface FeeFacts {
  /** The volume of the last 30 days, in dollars. */
  readonly volume: string | number
  readonly taker: Fee | undefined
  /** Undefined for a pair whose makers and takers pay the same. */
  readonly maker: Fee | undefined
  /** Empty if Kraken did not send the schedule. */
  readonly tiers: ReadonlyArray<Tier>
}

/** The fees of an account for one pair. */
export interface FeeSchedule {
  readonly volume: D.Decimal
  readonly maker: D.Decimal | undefined
  readonly taker: D.Decimal | undefined
  /** The number of the tier, from 1, and of all tiers. Undefined without the schedule. */
  readonly tier: number | undefined
  readonly tiers: number | undefined
  /** Undefined in the last tier. */
  readonly next:
    | {
        readonly volume: D.Decimal
        /** The volume that is still missing. */
        readonly missing: D.Decimal
        readonly maker: D.Decimal | undefined
        readonly taker: D.Decimal | undefined
      }
    | undefined
}

const read = (value: string | number | undefined): D.Decimal | undefined =>
  value === undefined ? undefined : D.parse(String(value))

/**
 * Finds the tier of an account and the next one. A tier can also be reached by futures volume or assets on the platform;
 * the tier that Kraken marks as active counts.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trade-volume read 2026-08-17
 */
export const feeSchedule = ({ maker, taker, tiers, volume: given }: FeeFacts): FeeSchedule => {
  const volume = read(given) ?? D.zero
  const sorted = tiers.toSorted((a, b) => D.order(read(a.min_spot_volume) ?? D.zero, read(b.min_spot_volume) ?? D.zero))
  const active = sorted.findIndex((tier) => tier.active === true)
  const following = active === -1 ? undefined : sorted[active + 1]
  const nextVolume = read(following?.min_spot_volume ?? taker?.next_volume ?? taker?.nextvolume)
  const isLast = active !== -1 && following === undefined
  return {
    volume,
    maker: read(maker?.fee) ?? read(taker?.fee),
    taker: read(taker?.fee),
    tier: active === -1 ? undefined : active + 1,
    tiers: active === -1 ? undefined : sorted.length,
    next:
      isLast || nextVolume === undefined
        ? undefined
        : {
            volume: nextVolume,
            missing: D.max(D.subtract(nextVolume, volume), D.zero),
            maker: read(following?.maker_fee ?? maker?.next_fee ?? maker?.nextfee),
            taker: read(following?.taker_fee ?? taker?.next_fee ?? taker?.nextfee)
          }
  }
}
