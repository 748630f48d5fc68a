import type { Asset } from "../catalogue/assets.ts"
import { builtIn } from "../catalogue/builtIn.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { fixed } from "../base/fixed.ts"
import type { Account, Allocation } from "../state/account.ts"

const day = 86_400

export interface Strategy {
  readonly id: string
  readonly asset: Asset
  readonly lock: "flex" | "instant" | "bonded" | "timed"
  /** Unbonding period in seconds. */
  readonly unbonding: number
  readonly minimum: bigint
  /** Estimated yearly rate in percent. Rewards are paid at the middle of the range. */
  readonly apr: readonly [low: string, high: string]
  /** Yearly reward in millionths of the allocated amount. */
  readonly yearly: bigint
}

/** One strategy of each lock type. */
export const strategies: ReadonlyArray<Strategy> = [
  strategy("ESRFUO3-Q62XD-WIOIL7", "DOT", "bonded", 28 * day, "0.01", ["8.0000", "12.0000"]),
  strategy("ESDQCOL-WTZEU-NU55QF", "XETH", "instant", 0, "0.001", ["2.0000", "3.5000"]),
  strategy("ESMWVX6-JAPVY-23L3CV", "USDT", "flex", 0, "1", ["1.5000", "1.5000"]),
  strategy("ESNLD3T-RZNE7-ZWPRUU", "ADA", "timed", 7 * day, "5", ["2.0000", "4.0000"])
]

/** Returns the name of the balance that holds an asset's allocated amount. It is shown but can't be spent. */
export const earnBalance = (asset: Asset): string => `${asset.id}.B`

/** Returns the wallet name under which reports list a balance of {@link earnBalance}. */
export const walletOf = (balance: string): string => {
  const strategy = strategies.find(({ asset }) => earnBalance(asset) === balance)
  return `earn / ${wallets[strategy?.lock ?? "bonded"]}`
}

const wallets = { bonded: "bonded", flex: "flexible", instant: "liquid", timed: "locked" }

export const allocationOf = (account: Account, strategy: Strategy): Allocation =>
  account.earn.get(strategy.id) ?? {
    allocated: 0n,
    pending: undefined,
    unbonding: [],
    weight: 0n,
    counted: 0,
    rewarded: 0n,
    payout: undefined,
    failed: {}
  }

function strategy(
  id: string,
  asset: string,
  lock: Strategy["lock"],
  unbonding: number,
  minimum: string,
  apr: Strategy["apr"]
): Strategy {
  const known = assetOf(builtIn, asset)
  const yearly = (fixed(apr[0], 4) + fixed(apr[1], 4)) / 2n
  return { id, asset: known, lock, unbonding, minimum: fixed(minimum, known.decimals), apr, yearly }
}
