import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect } from "effect"
import type { KrakenPermissionError } from "../../src/services/KrakenErrors.ts"
import * as Account from "../../src/tools/Account.ts"
import { directory } from "../fixtures/krakenLists.ts"
import { TestKraken } from "../TestKraken.ts"

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({
    answers,
    granted: ["query-funds", "query-ledger", "query-open-trades"],
    directory,
    onCall: (endpoint, params) => calls.push({ endpoint, ...params })
  })

it("tools say in their types that the key may lack a permission", () => {
  type Failure = Effect.Effect.Error<ReturnType<typeof Account.getTradeVolume.run>>
  expectTypeOf<KrakenPermissionError>().toExtend<Failure>()
})

describe("balances", () => {
  it.effect("show the display name beside Kraken's id, exact to the last digit", () =>
    Effect.gen(function* () {
      const { balances } = yield* Account.getAccountBalance.run({})
      assert.deepStrictEqual(balances, [
        { asset: "USD", id: "ZUSD", balance: "12543.2210" },
        { asset: "BTC", id: "XXBT", balance: "0.7541100000" },
        { asset: "DOT.S", id: "DOT.S", balance: "40.1" }
      ])
    }).pipe(Effect.provide(kraken({ "private/Balance": { ZUSD: "12543.2210", XXBT: "0.7541100000", "DOT.S": 40.1 } })))
  )

  it.effect("say what is free: balance + credit − credit used − held", () =>
    Effect.gen(function* () {
      const { balances } = yield* Account.getExtendedBalance.run({})
      assert.deepStrictEqual(
        balances.map(({ available }) => available),
        ["10296.221", "0.3"]
      )
    }).pipe(
      Effect.provide(
        kraken({
          "private/BalanceEx": {
            ZUSD: { balance: "12543.2210", hold_trade: "2247.0000" },
            XXBT: { balance: 0.1, credit: "0.5", credit_used: "0.2", hold_trade: "0.1" }
          }
        })
      )
    )
  )

  it.effect("advise the plain balance where Kraken does not know the extended one", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Account.getExtendedBalance.run({}))
      assert.deepInclude(error, { _tag: "NotOffered", instead: "get_account_balance" })
    }).pipe(Effect.provide(kraken({})))
  )

  it.effect("are valued in dollars unless another currency is asked for", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Account.getTradeBalance.call({})
      assert.deepStrictEqual(structuredContent, { eb: "97312.4410", tb: "97312.4410", mf: "95054.9389" })
      yield* Account.getTradeBalance.call({ asset: "btc" })
      assert.deepStrictEqual(calls, [
        { endpoint: "private/TradeBalance", asset: "USD" },
        { endpoint: "private/TradeBalance", asset: "XBT" }
      ])
    }).pipe(
      Effect.provide(
        kraken({ "private/TradeBalance": { eb: "97312.4410", tb: "97312.4410", mf: "95054.9389", x: 1 } }, calls)
      )
    )
  })
})

describe("get_trade_volume", () => {
  const info = {
    fee: "0.4000",
    minfee: "0.1000",
    maxfee: "0.4000",
    nextfee: null,
    tiervolume: "0.0000",
    nextvolume: null
  }

  it.effect("gives the fees of a pair in percent, for takers and makers", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Account.getTradeVolume.call({ pair: "BTC/USD" })
      const row = { pair: "BTC/USD", id: "XXBTZUSD", minfee: "0.1000", maxfee: "0.4000", tiervolume: "0.0000" }
      assert.deepStrictEqual(structuredContent, {
        currency: "USD",
        volume: "8450.1200",
        fees: [{ ...row, fee: "0.4000" }],
        fees_maker: [{ ...row, fee: "0.2500" }]
      })
      assert.deepStrictEqual(calls, [{ endpoint: "private/TradeVolume", pair: "XBTUSD" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/TradeVolume": {
              currency: "ZUSD",
              volume: "8450.1200",
              fees: { XXBTZUSD: info },
              fees_maker: { XXBTZUSD: { ...info, fee: "0.2500" } }
            }
          },
          calls
        )
      )
    )
  })

  it.effect("works without fees", () =>
    Effect.gen(function* () {
      const answer = yield* Account.getTradeVolume.run({})
      assert.deepStrictEqual(answer, { currency: "USD", volume: "0", fees: [], fees_maker: [] })
    }).pipe(Effect.provide(kraken({ "private/TradeVolume": { currency: "ZUSD", volume: 0, fees: null } })))
  )
})

describe("the ledger", () => {
  const entry = {
    refid: "TJKLXF-PGMUI-4NTLXU",
    time: 1760999100.4411,
    type: "trade",
    subtype: "",
    aclass: "currency",
    asset: "ZUSD",
    amount: "-112.3501",
    fee: "0.4494",
    balance: "12543.2210"
  }

  it.effect("comes newest first, fifty a page, and says where the next page begins", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { entries, ...page } = yield* Account.getLedgers.run({ asset: ["BTC", "usd"], type: "trade", limit: 50 })
      assert.deepStrictEqual(
        entries.map(({ id }) => id),
        ["L2", "L1"]
      )
      assert.deepStrictEqual(page, { count: 120, next_ofs: 2 })
      assert.deepStrictEqual(calls, [{ endpoint: "private/Ledgers", asset: "XBT,USD", type: "trade" }])
      const { subtype: _, ...rest } = entry
      assert.deepStrictEqual(entries[1], { id: "L1", ...rest, asset: "USD" })
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/Ledgers": { ledger: { L1: entry, L2: { ...entry, time: 1760999101 } }, count: 120 }
          },
          calls
        )
      )
    )
  })

  it.effect("gives entries by their ids, twenty at the most", () =>
    Effect.gen(function* () {
      const { entries } = yield* Account.queryLedgers.run({ id: ["L1"] })
      assert.strictEqual(entries[0]?.amount, "-112.3501")
      const ids = Array.from({ length: 21 }, (_, i) => `L${i}`)
      const error = yield* Effect.flip(Account.queryLedgers.call({ id: ids }))
      assert.include(error.message, "must hold at most 20 items, got 21")
    }).pipe(Effect.provide(kraken({ "private/QueryLedgers": { L1: entry } })))
  )
})

describe("get_credit_lines", () => {
  it.effect("says when there is none", () =>
    Effect.gen(function* () {
      const { structuredContent } = yield* Account.getCreditLines.call({})
      assert.deepStrictEqual(structuredContent, { has_credit_line: false, assets: [] })
    }).pipe(Effect.provide(kraken({ "private/CreditLines": null })))
  )

  it.effect("shows those there are, without what is null", () =>
    Effect.gen(function* () {
      const { structuredContent } = yield* Account.getCreditLines.call({})
      assert.deepStrictEqual(structuredContent, {
        has_credit_line: true,
        assets: [{ asset: "USD", balance: "1000.0000", credit_limit: "50000.0000" }],
        limits: { equity_usd: "79000.00" }
      })
    }).pipe(
      Effect.provide(
        kraken({
          "private/CreditLines": {
            asset_details: { USD: { balance: "1000.0000", credit_limit: "50000.0000" } },
            limits_monitor: { equity_usd: "79000.00", ongoing_balance: null }
          }
        })
      )
    )
  )
})

describe("get_api_key_info", () => {
  const snake = {
    api_key_name: "mcp",
    api_key: "EXAMPLEPUBLICKEYOFSOMELENGTH",
    nonce: "1761000000000009",
    nonce_window: "0",
    permissions: ["query-funds", "modify-trades", "something-new"],
    valid_until: "1",
    query_from: "0",
    query_to: "0",
    ip_allowlist: [""],
    last_used: "1760999990"
  }
  const camel = {
    apiKeyName: "mcp",
    apiKey: "EXAMPLEPUBLICKEYOFSOMELENGTH",
    nonce: 1761000000000009,
    nonceWindow: 0,
    permissions: ["query-funds", "modify-trades", "something-new"],
    validUntil: "1",
    queryFrom: "0",
    queryTo: "0",
    ipAllowlist: [],
    lastUsed: "1760999990"
  }

  for (const [spelling, answer] of Object.entries({ snake, camel })) {
    it.effect(`reads the ${spelling} spelling, hides the key, and explains`, () =>
      Effect.gen(function* () {
        const { structuredContent } = yield* Account.getApiKeyInfo.call({})
        assert.deepInclude(structuredContent, {
          name: "mcp",
          key: "EXAMPL…",
          nonce_window: "0",
          valid_until: 1,
          ip_allowlist: [],
          last_used: 1760999990
        })
        assert.deepStrictEqual(structuredContent?.["permissions"], [
          { permission: "query-funds", means: "Funds permissions – Query" },
          { permission: "modify-trades", means: "Orders and trades – Create & modify orders" },
          { permission: "something-new", means: "something-new" }
        ])
        assert.include(JSON.stringify(structuredContent?.["notes"]), "not limited to any address")
      }).pipe(Effect.provide(kraken({ "private/GetApiKeyInfo": answer })))
    )
  }
})

it.effect("list_wallet_accounts gives flat rows", () =>
  Effect.gen(function* () {
    const { structuredContent } = yield* Account.listWalletAccounts.call({})
    assert.deepStrictEqual(structuredContent, {
      accounts: [
        { account_id: "WX6V-JUKW-KKPB-QE36", status: "active", type: "main", active: true, user_defined: false }
      ]
    })
  }).pipe(
    Effect.provide(
      kraken({
        "private/ListWalletAccounts": {
          accounts: [
            {
              account_id: "WX6V-JUKW-KKPB-QE36",
              flags: { user_defined: false, active: true },
              status: "active",
              type: "main",
              name: null
            }
          ],
          cursor: { next: null }
        }
      })
    )
  )
)
