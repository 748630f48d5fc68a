import { schedule } from "./fees.ts"
import { format } from "./fixed.ts"

/** A tier as TradeVolume prints it: percent, and dollars of 30-day volume. */
export const feeInfo = (tier: number, side: "taker" | "maker") => {
  const next = schedule[tier + 1]
  const percent = (rate: bigint) => format(rate, 4)
  return {
    fee: percent(schedule[tier]![side]),
    minfee: percent(schedule.at(-1)![side]),
    maxfee: percent(schedule[0]![side]),
    nextfee: next === undefined ? null : percent(next[side]),
    tiervolume: `${schedule[tier]!.volume}.0000`,
    nextvolume: next === undefined ? null : `${next.volume}.0000`
  }
}
