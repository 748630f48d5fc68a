import { assert, describe, it } from "@effect/vitest"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { type FeeFacts, feeSchedule } from "../../../src/domain/portfolio/feeSchedule.ts"

const text = (value: D.Decimal | undefined) => value && D.format(value)

const shown = (facts: FeeFacts) => {
  const { maker, next, taker, tier, tiers, volume } = feeSchedule(facts)
  return {
    volume: text(volume),
    maker: text(maker),
    taker: text(taker),
    tier,
    tiers,
    next: next && [next.volume, next.missing, next.maker, next.taker].map(text)
  }
}

const tier = (volume: string, maker: string, taker: string, active = false) => ({
  min_spot_volume: volume,
  maker_fee: maker,
  taker_fee: taker,
  active
})

describe("the fees of a pair", () => {
  it("have a next tier, from the schedule", () => {
    const tiers = [tier("10000", "0.20", "0.35", true), tier("0", "0.25", "0.40"), tier("50000", "0.14", "0.24")]
    const facts = { volume: "12500.5", taker: { fee: "0.3500" }, maker: { fee: "0.2000" }, tiers }
    assert.deepStrictEqual(shown(facts), {
      volume: "12500.5",
      maker: "0.2",
      taker: "0.35",
      tier: 2,
      tiers: 3,
      next: ["50000", "37499.5", "0.14", "0.24"]
    })
  })

  it("have one without the schedule too, in either spelling of Kraken's fields", () => {
    const taker = { fee: "0.4", nextfee: "0.35", nextvolume: "10000" }
    assert.deepStrictEqual(shown({ volume: "0", taker, maker: { fee: "0.25", next_fee: "0.2" }, tiers: [] }), {
      volume: "0",
      maker: "0.25",
      taker: "0.4",
      tier: undefined,
      tiers: undefined,
      next: ["10000", "10000", "0.2", "0.35"]
    })
  })

  it("have none in the last tier, and one fee for both sides if Kraken sends one", () => {
    assert.deepStrictEqual(
      shown({ volume: "9", taker: { fee: "0.1" }, maker: undefined, tiers: [tier("5", "0", "0.1", true)] }),
      {
        volume: "9",
        maker: "0.1",
        taker: "0.1",
        tier: 1,
        tiers: 1,
        next: undefined
      }
    )
  })
})
