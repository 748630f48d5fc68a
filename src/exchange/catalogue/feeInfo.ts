import { type Schedule, tierOf } from "./fees.ts"
import { format } from "../base/fixed.ts"

/** Prints the fee tier of a 30-day volume as TradeVolume does: rates in percent, volumes in dollars. */
export const feeInfo = (schedule: Schedule, volume: bigint, side: "taker" | "maker") => {
  const tier = tierOf(schedule, volume)
  const next = schedule[tier + 1]
  const percent = (rate: bigint) => format(rate, 4)
  return {
    fee: percent(schedule[tier]![side]),
    minfee: percent(schedule.at(-1)![side]),
    maxfee: percent(schedule[0][side]),
    nextfee: next === undefined ? null : percent(next[side]),
    tiervolume: `${schedule[tier]!.volume}.0000`,
    nextvolume: next === undefined ? null : `${next.volume}.0000`
  }
}
