import { Option } from "effect"
import { equals, parse } from "../../domain/decimal.ts"
import { handle } from "../../exchange/handle.ts"
import { recordedMarket } from "../../exchange/recorded/RecordedMarket.ts"
import { makeExchange } from "../../exchange/state.ts"

/** What an order is held against. */
const rules = ["pair_decimals", "lot_decimals", "tick_size", "ordermin", "costmin", "status"]

/** How Kraken's answer to AssetPairs differs from what the simulated exchange says: `XBTUSD tick_size 0.1, now 0.01`. */
export const changedRules = (answer: unknown): ReadonlyArray<string> => {
  const own = handle(makeExchange(recordedMarket("none"), 0), { endpoint: "public/AssetPairs", now: 0 })
  const ours = "result" in own ? Object(own.result) : {}
  return Object.entries(Object(answer)).flatMap(([id, pair]) => {
    const [known, real] = [Object(ours[id]), Object(pair)]
    return rules
      .filter((rule) => known[rule] !== undefined && !isSame(String(known[rule]), String(real[rule])))
      .map((rule) => `${known.altname} ${rule} ${known[rule]}, now ${real[rule]}`)
  })
}

const isSame = (one: string, other: string): boolean => {
  const numbers = Option.all([parse(one), parse(other)])
  return Option.isSome(numbers) ? equals(...numbers.value) : one === other
}
