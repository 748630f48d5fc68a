import { assert, describe, it } from "@effect/vitest"
import { classify, classifyWrite, type Limiter, type Meaning, readErrors } from "../../../src/domain/wire/errors.ts"

const noAnswer = (retry: boolean): Meaning => ({ _tag: "NoAnswer", retry })
const limited = (limiter: Limiter): Meaning => ({ _tag: "RateLimit", limiter })
const auth = (reason: "key" | "signature" | "account" | "other"): Meaning => ({ _tag: "Auth", reason })
const order: Meaning = { _tag: "Order" }
const funding: Meaning = { _tag: "Funding" }
const wrong: Meaning = { _tag: "Arguments" }
const rejection: Meaning = { _tag: "Rejection" }
const other: Meaning = { _tag: "Other" }

/** All known error texts of Kraken, with their meaning on a private call. */
const known: ReadonlyArray<readonly [string, Meaning]> = [
  ["EGeneral:Invalid arguments", wrong],
  ["EGeneral:Invalid arguments:volume", wrong],
  ["EGeneral:Invalid arguments:volume minimum not met", wrong],
  ["EGeneral:Invalid arguments:Index unavailable", wrong],
  ["EGeneral:Permission denied", { _tag: "Permission" }],
  ["EGeneral:Temporary lockout", { _tag: "Lockout" }],
  ["EGeneral:Internal error", noAnswer(false)],
  ["EGeneral:Internal error:1234", noAnswer(false)],
  ["EGeneral:Unknown method", rejection],
  ["EGeneral:Too many requests", limited("public")],
  ["EGeneral:Timeout", noAnswer(true)],
  ["EAPI:Invalid key", auth("key")],
  ["EAPI:Invalid signature", auth("signature")],
  ["EAPI:Invalid nonce", { _tag: "InvalidNonce" }],
  ["EAPI:Rate limit exceeded", limited("rest")],
  ["EAPI:Feature disabled", rejection],
  ["EAPI:Bad request", wrong],
  ["EAPI:Invalid arguments:pair", wrong],
  ["EAuth:Account temporary disabled", auth("account")],
  ["EAuth:Account unconfirmed", auth("account")],
  ["EAuth:Rate limit exceeded", limited("auth")],
  ["EAuth:Too many requests", limited("auth")],
  ["EAuth:Failed", auth("other")],
  // The restriction is that of the account, not of the key. Kraken's text gives the reason.
  ["EAccount:Invalid permissions:USDT trading restricted for US:NY.", rejection],
  ["ESession:Invalid session", auth("other")],
  ["EQuery:Unknown asset pair", wrong],
  ["EQuery:Invalid asset pair", wrong],
  ["EQuery:Unknown asset", wrong],
  ["EOrder:Unknown order", order],
  ["EOrder:Invalid order", order],
  ["EOrder:Insufficient funds", order],
  ["EOrder:Order minimum not met", order],
  ["EOrder:Cost minimum not met", order],
  ["EOrder:Tick size check failed", order],
  ["EOrder:Invalid price", order],
  ["EOrder:Orders limit exceeded", order],
  ["EOrder:Rate limit exceeded", limited("engine")],
  ["EOrder:Domain rate limit exceeded", limited("domain")],
  ["EOrder:Positions limit exceeded", order],
  ["EOrder:Scheduled orders limit exceeded", order],
  ["EOrder:Cannot open position", order],
  ["EOrder:Cannot open opposing position", order],
  ["EOrder:Margin allowance exceeded", order],
  ["EOrder:Margin level too low", order],
  ["EOrder:Margin position size exceeded", order],
  ["EOrder:Insufficient margin", order],
  ["EOrder:Unknown position", order],
  ["EOrder:Trading agreement required", order],
  ["EOrder:Reduce only:Non-PC", order],
  ["EOrder:Reduce only:No position exists", order],
  ["EOrder:Reduce only:Position is closed", order],
  ["ETrade:Invalid request", order],
  ["ETrade:Locked", order],
  ["ETrade:User Locked", order],
  ["EService:Unavailable", noAnswer(true)],
  ["EService:Busy", noAnswer(true)],
  ["EService:Market in cancel_only mode", { _tag: "MarketMode", mode: "cancel_only" }],
  ["EService:Market in post_only mode", { _tag: "MarketMode", mode: "post_only" }],
  ["EService:Deadline elapsed", noAnswer(false)],
  ["EService: Throttled: 1761000123", { _tag: "RateLimit", limiter: "concurrency", until: 1761000123 }],
  ["EFunding:Unknown asset", funding],
  ["EFunding:No funding method", funding],
  ["EFunding:Unknown withdraw key", funding],
  ["EFunding:Invalid withdrawal address", funding],
  ["EFunding:Invalid amount", funding],
  ["EFunding:Insufficient funds", funding],
  ["EFunding:Max fee exceeded", funding],
  ["EFunding:Too many addresses", funding],
  ["EFunding:Unknown reference id", funding],
  ["EFunding:Invalid reference id", funding],
  ["EFunding:Invalid staking method", funding],
  ["EBM:limit exceeded:CAL", order],
  ["EEarnings:Below min:(De)allocation operation amount less than minimum", funding],
  ["EEarnings:Busy", noAnswer(true)],
  ["EEarnings:Busy:Another (de)allocation for the same strategy is in progress", funding],
  ["EEarnings:Permission denied:The user's tier is not high enough", funding],
  ["EEarnings:Insufficient funds:Insufficient funds to complete the (de)allocation request", funding],
  ["EEarnings:Above max:The allocation exceeds user limit for the strategy", funding],
  ["EEarnings:Above max:The allocation exceeds the total strategy limit", funding],
  ["EGeneral:Invalid arguments:Invalid strategy ID", wrong],
  ["EService:Throttled", limited("concurrency")],
  ["EDatabase:Internal error", noAnswer(false)],
  ["EDatabase:Update failed", noAnswer(false)]
]

describe("classify", () => {
  for (const [text, meaning] of known) {
    it(`knows ${text}`, () => assert.deepStrictEqual(classify([text], true), meaning))
  }

  it("reads any case, and spaces around the text and after a colon", () => {
    assert.deepStrictEqual(classify(["  EOrder:  Rate limit exceeded "], true), limited("engine"))
    assert.deepStrictEqual(classify(["eorder: insufficient FUNDS"], true), order)
    assert.deepStrictEqual(
      classify(["EService:Throttled:1761000123"], true),
      classify(["eservice: throttled: 1761000123"], true)
    )
  })

  it("knows whose limit it is from the call", () =>
    assert.deepStrictEqual(classify(["EAPI:Rate limit exceeded"], false), limited("public")))

  it("lets the one that leaves the outcome open win, and then the first that is known", () => {
    assert.deepStrictEqual(classify(["EOrder:Invalid price", "EService:Unavailable"], true), noAnswer(true))
    assert.deepStrictEqual(classify(["ENew:Something", "EOrder:Invalid price", "EQuery:Unknown asset"], true), order)
  })

  it("takes words of the engine that it does not know for no verdict, and other ones for a refusal", () => {
    assert.deepStrictEqual(classify(["EService:Something"], true), noAnswer(false))
    assert.deepStrictEqual(classify(["ENew:Something", "Oops"], true), other)
  })

  it("takes words about a time-out or a fault of Kraken's for no verdict in every category", () => {
    const texts = ["EOrder:Timeout", "EFunding: Request timed out", "EQuery:Internal error", "EAPI:Unknown error:7"]
    for (const text of texts) assert.strictEqual(classify([text], true)._tag, "NoAnswer", text)
    assert.deepStrictEqual(classify(["EGeneral:Invalid arguments:timeout"], true), wrong)
    assert.deepStrictEqual(classify(["EService:Timeout:EGeneral:Invalid arguments"], true), noAnswer(true))
  })
})

describe("classifyWrite", () => {
  it("knows the same refusals", () => {
    for (const [text, meaning] of known) assert.deepStrictEqual(classifyWrite([text]), meaning, text)
  })

  it("takes words that are not known for no verdict, beside a refusal too", () => {
    for (const text of ["ENew:Something", "EGeneral:Something new", "Oops", "EInternal:Busy"]) {
      assert.deepStrictEqual(classifyWrite([text]), noAnswer(false), text)
      assert.deepStrictEqual(classifyWrite(["EOrder:Invalid price", text]), noAnswer(false), text)
    }
    assert.deepStrictEqual(classifyWrite(["EOrder:Invalid price", "EService:Busy"]), noAnswer(true))
  })
})

describe("readErrors", () => {
  const cases: ReadonlyArray<readonly [string, unknown, Array<string>, Array<string>]> = [
    ["nothing", undefined, [], []],
    ["null", null, [], []],
    ["an empty text", "", [], []],
    ["an empty list", [], [], []],
    ["an error that speaks of a warning", ["EOrder:Warning: margin"], ["EOrder:Warning: margin"], []],
    [
      "errors beside warnings",
      ["WDatabase:No change", "EOrder:Invalid price"],
      ["EOrder:Invalid price"],
      ["WDatabase:No change"]
    ],
    ["one plain text", "EAPI:Invalid key", ["EAPI:Invalid key"], []],
    ["what is no text", [null, { toString: 1 }], ["null", '{"toString":1}'], []],
    ["words without a severity", ["Withdrawals are paused"], ["Withdrawals are paused"], []]
  ]
  for (const [name, error, codes, warnings] of cases) {
    it(`reads ${name}`, () => assert.deepStrictEqual(readErrors(error), { codes, warnings }))
  }
})
