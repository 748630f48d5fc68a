import { Effect, Schema } from "effect"
import * as D from "../../domain/numbers/decimal.ts"
import { type FeeFacts, feeSchedule } from "../../domain/portfolio/feeSchedule.ts"
import { Names } from "../../services/Names.ts"
import { optionalNumber, optionalText } from "../kit/answerFields.ts"
import { optional, withDefault } from "../kit/fields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { readAs } from "./reads.ts"

const fees = { maker: optionalText, taker: optionalText }

export const getFeeSchedule = Tool.make("get_fee_schedule", {
  title: "Fee tier",
  description:
    "Your fee tier for a pair: maker and taker fee in percent, 30-day volume, and the next tier with the volume that is still missing.",
  endpoint: "private/TradeVolume",
  input: { pair: withDefault(Schema.String.annotations({ description: "Any spelling" }), "BTC/USD") },
  handler: Effect.fn("Tool.get_fee_schedule")(function* ({ pair: spelling }) {
    const names = yield* Names
    const name = yield* names.pair(spelling)
    const directory = yield* names.directory
    const pair = directory.findPair(name)
    const asked =
      pair?.assetClass === "tokenized_asset"
        ? [{ asset: pair.altname, aclass: pair.assetClass }]
        : (pair?.altname ?? name)
    const answer = yield* readAs("private/TradeVolume", { pair: asked, fee_schedule: true })
    const facts: FeeFacts = {
      volume: answer.volume,
      taker: Object.values(answer.fees ?? {})[0],
      maker: Object.values(answer.fees_maker ?? {})[0],
      tiers: answer.schedules?.[0]?.tiers ?? []
    }
    const { maker, next, taker, tier, tiers, volume } = feeSchedule(facts)
    const text = (value: D.Decimal | undefined) => value && D.format(value)
    return {
      pair: directory.pairDisplay(name),
      currency: directory.assetDisplay(answer.currency),
      volume: D.format(volume),
      ...Rows.compact({
        maker: text(maker),
        taker: text(taker),
        tier,
        tiers,
        next:
          next &&
          Rows.compact({
            volume: D.format(next.volume),
            missing: D.format(next.missing),
            maker: text(next.maker),
            taker: text(next.taker)
          })
      })
    }
  }),
  output: Schema.Struct({
    pair: Schema.String,
    currency: Schema.String,
    volume: Schema.String,
    ...fees,
    tier: optionalNumber,
    tiers: optionalNumber,
    next: optional(Schema.Struct({ volume: Schema.String, missing: Schema.String, ...fees }))
  })
})
