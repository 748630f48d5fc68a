import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { Permission } from "../../../src/domain/keys/permissions.ts"
import type { KrakenPermissionError } from "../../../src/services/KrakenErrors.ts"
import * as Account from "../../../src/tools/account/tools.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"

const granted: ReadonlyArray<Permission> = ["query-funds", "query-ledger"]

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({ answers, granted, directory, onCall: (_, params) => calls.push(params) })

const untouched = TestKraken({ granted, onCall: () => assert.fail("Kraken was asked") })

describe("get_account_balance", () => {
  it.effect("names assets as people do, with Kraken's id beside if it is asked for", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Account.getAccountBalance.run({}), {
        balances: [
          { asset: "USD", balance: "12543.221" },
          { asset: "BTC", balance: "0.75411" },
          { asset: "NEW.S", balance: "40.1" }
        ]
      })
      assert.deepStrictEqual(yield* Account.getAccountBalance.run({ rebase_multiplier: "base", detail: "full" }), {
        balances: [
          { asset: "USD", id: "ZUSD", balance: "12543.2210" },
          { asset: "BTC", id: "XXBT", balance: "0.7541100000" },
          { asset: "NEW.S", id: "NEW.S", balance: "40.1" }
        ]
      })
      assert.deepStrictEqual(calls, [{}, { rebase_multiplier: "base" }])
    }).pipe(
      Effect.provide(kraken({ "private/Balance": { ZUSD: "12543.2210", XXBT: "0.7541100000", "NEW.S": 40.1 } }, calls))
    )
  })

  it.effect("an empty account has no rows, in either spelling of an empty object", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Account.getAccountBalance.run({}), { balances: [] })
      const extended = yield* Account.getExtendedBalance.run({})
      assert.deepStrictEqual(extended, { balances: [] })
    }).pipe(Effect.provide(kraken({ "private/Balance": {}, "private/BalanceEx": [] })))
  )

  it.effect("what is no list of balances is not taken for an empty account", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Account.getAccountBalance.run({}))
      assert.strictEqual(error._tag, "KrakenUnreadable")
    }).pipe(Effect.provide(kraken({ "private/Balance": null })))
  )
})

describe("get_extended_balance", () => {
  it.effect("adds what is free, to the last digit", () =>
    Effect.gen(function* () {
      const { balances } = yield* Account.getExtendedBalance.run({})
      assert.deepStrictEqual(balances, [
        { asset: "USD", balance: "12543.221", hold_trade: "2247", available: "10296.221" },
        {
          asset: "BTC",
          balance: "0.3",
          credit: "0.10000000000000000001",
          credit_used: "0.2",
          hold_trade: "0.1",
          available: "0.10000000000000000001"
        },
        { asset: "XRP", balance: "1", available: "1" }
      ])
    }).pipe(
      Effect.provide(
        kraken({
          "private/BalanceEx": {
            ZUSD: { balance: "12543.2210", hold_trade: "2247.0000" },
            XXBT: { balance: 0.3, credit: "0.10000000000000000001", credit_used: 0.2, hold_trade: 0.1 },
            XXRP: { balance: "1", credit: null }
          }
        })
      )
    )
  )

  it.effect("where Kraken does not know it, the plain balance is the way", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Account.getExtendedBalance.run({}))
      assert.deepInclude(error, {
        _tag: "NotOffered",
        endpoint: "private/BalanceEx",
        instead: "get_account_balance"
      })
    }).pipe(Effect.provide(kraken({})))
  )
})

describe("get_trade_balance", () => {
  it.effect("has words for Kraken's letters", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Account.getTradeBalance.call({})
      assert.deepStrictEqual(structuredContent, {
        asset: "USD",
        equivalent_balance: "97312.4410",
        trade_balance: "97312.4410",
        margin_used: "2247.0000",
        unrealized_profit: "-10.5021",
        cost_basis: "11235.0000",
        floating_value: "11224.4979",
        equity: "97301.9389",
        free_margin: "95054.9389",
        margin_level: "4330.30",
        unexecuted_value: "0.0000",
        free_margin_after_orders: "95054.9389"
      })
      assert.deepStrictEqual(calls, [{ asset: "USD" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/TradeBalance": {
              eb: "97312.4410",
              tb: "97312.4410",
              m: "2247.0000",
              n: "-10.5021",
              c: "11235.0000",
              v: "11224.4979",
              e: "97301.9389",
              mf: "95054.9389",
              ml: "4330.30",
              uv: "0.0000",
              mfo: "95054.9389"
            }
          },
          calls
        )
      )
    )
  })

  it.effect("has no margin level without open positions", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Account.getTradeBalance.run({ asset: "BTC" }), {
        asset: "BTC",
        equivalent_balance: "1.5"
      })
    }).pipe(Effect.provide(kraken({ "private/TradeBalance": { eb: "1.5" } })))
  )
})

describe("get_trade_volume", () => {
  const fee = {
    fee: "0.4000",
    minfee: "0.1000",
    maxfee: "0.4000",
    nextfee: "0.3500",
    tiervolume: "0",
    nextvolume: "10000"
  }

  it.effect("puts taker and maker side by side, in both spellings of their fields", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Account.getTradeVolume.call({ pair: "BTC/USD", fee_schedule: false })
      assert.deepStrictEqual(structuredContent, {
        currency: "USD",
        volume: "8450.1200",
        fees: [
          {
            pair: "BTC/USD",
            taker: {
              fee: "0.4000",
              min_fee: "0.1000",
              max_fee: "0.4000",
              next_fee: "0.3500",
              tier_volume: "0",
              next_volume: "10000"
            },
            maker: { fee: "0.25", min_fee: "0" }
          }
        ]
      })
      assert.deepStrictEqual(calls, [{ pair: "XBTUSD" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/TradeVolume": {
              currency: "ZUSD",
              volume: "8450.1200",
              fees: { XXBTZUSD: fee },
              fees_maker: { XXBTZUSD: { fee: 0.25, min_fee: 0, next_fee: null, next_volume: null } },
              volume_subaccounts: []
            }
          },
          calls
        )
      )
    )
  })

  it.effect("without pairs there are no fees; subaccounts, inputs and tiers are shown if Kraken sends them", () =>
    Effect.gen(function* () {
      const answer = yield* Account.getTradeVolume.run({ fee_schedule: true })
      assert.deepStrictEqual(answer, {
        currency: "USD",
        volume: "8450.1200",
        inputs: { domain_spot_volume_30d: "8450.12" },
        fees: [],
        schedules: [
          {
            pair: "BTC/USD",
            class: "spot",
            tiers: [{ maker_fee: "0.25", taker_fee: "0.4", min_spot_volume: "0", active: true }]
          }
        ],
        volume_subaccounts: [{ iiban: "AA88 N84G WOAK NMOI", volume: "1.0" }]
      })
    }).pipe(
      Effect.provide(
        kraken({
          "private/TradeVolume": {
            currency: "ZUSD",
            volume: "8450.1200",
            inputs: { domain_spot_volume_30d: "8450.12", domain_assets_on_platform: null },
            schedules: [
              {
                pair: "XXBTZUSD",
                class: "spot",
                tiers: [{ maker_fee: 0.25, taker_fee: 0.4, min_spot_volume: "0", active: true }]
              }
            ],
            volume_subaccounts: [{ iiban: "AA88 N84G WOAK NMOI", volume: "1.0" }]
          }
        })
      )
    )
  )

  it.effect("names xStocks with their class, in the body that Kraken wants", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* Account.getTradeVolume.run({ pair: ["AAPLx/USD"] })
      assert.deepStrictEqual(calls, [{ pair: [{ asset: "AAPLxUSD", aclass: "tokenized_asset" }] }])
    }).pipe(Effect.provide(kraken({ "private/TradeVolume": { currency: "ZUSD", volume: "0" } }, calls)))
  })
})

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

const shown = {
  id: "LABCDE-12345-FGHIJK",
  refid: "TJKLXF-PGMUI-4NTLXU",
  time: "2025-10-20T22:25:00.4411Z",
  type: "trade",
  aclass: "currency",
  asset: "USD",
  asset_id: "ZUSD",
  amount: "-112.3501",
  fee: "0.4494",
  balance: "12543.2210"
}

const page = (from: number, rows: number) =>
  Object.fromEntries(
    Array.from({ length: rows }, (_, i) => [`L${from + i}`, { ...entry, time: 1760000000 - from - i }])
  )

describe("get_ledgers", () => {
  it.effect("takes times in words and sorts what has no order", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const wanted = {
        asset: ["BTC", "usd"],
        type: "trade",
        start: "2025-10-09T08:53:20Z",
        end: "LABCDE-12345-FGHIJK",
        without_count: false
      }
      const row = ["trade", "USD", "-112.3501", "0.4494", "12543.221", "TJKLXF-PGMUI-4NTLXU"]
      assert.deepStrictEqual((yield* Account.getLedgers.call(wanted)).structuredContent, {
        columns: ["time", "type", "asset", "amount", "fee", "balance", "refid"],
        entries: [
          ["2025-10-20T22:25:00Z", ...row],
          ["1970-01-01T00:00:01Z", ...row]
        ],
        count: 2
      })
      assert.deepStrictEqual((yield* Account.getLedgers.call({ ...wanted, detail: "full" })).structuredContent, {
        entries: [shown, { ...shown, id: "LOLDER", time: "1970-01-01T00:00:01Z" }],
        count: 2
      })
      const asked = { asset: "XBT,USD", type: "trade", start: "1760000000", end: "LABCDE-12345-FGHIJK" }
      assert.deepStrictEqual(calls, [asked, asked])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/Ledgers": { ledger: { LOLDER: { ...entry, time: "1" }, "LABCDE-12345-FGHIJK": entry }, count: 2 }
          },
          calls
        )
      )
    )
  })

  it.effect("says where the next page begins, also when fewer rows are wanted than Kraken sends", () =>
    Effect.gen(function* () {
      const first = yield* Account.getLedgers.run({ limit: 50 })
      assert.deepStrictEqual([first.entries.length, first.count, first.next_cursor], [50, 120, "50"])
      const few = yield* Account.getLedgers.run({ limit: 10, cursor: "20" })
      assert.deepStrictEqual([few.entries.length, few.next_cursor], [10, "30"])
      const last = yield* Account.getLedgers.run({ limit: 50, cursor: "70" })
      assert.isUndefined(last.next_cursor)
    }).pipe(Effect.provide(kraken({ "private/Ledgers": { ledger: page(0, 50), count: 120 } })))
  )

  it.effect("without count, a full page may be followed by another", () =>
    Effect.gen(function* () {
      const { count, next_cursor } = yield* Account.getLedgers.run({ limit: 50, without_count: true })
      assert.deepStrictEqual([count, next_cursor], [undefined, "50"])
    }).pipe(Effect.provide(kraken({ "private/Ledgers": { ledger: page(0, 50) } })))
  )

  it.effect("refuses arguments that Kraken does not accept", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Account.getLedgers.call({ type: "swap", ofs: -1, limit: 51 }))
      assertFaults(faultsIn(error), [
        ["type", "swap"],
        ["ofs", "-1"],
        ["limit", "1", "50", "51"]
      ])
    }).pipe(Effect.provide(untouched))
  )
})

describe("query_ledgers", () => {
  it.effect("has no wrapper around its entries", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { aclass: _, asset_id: __, ...short } = { ...shown, time: "2025-10-20T22:25:00Z", balance: "12543.221" }
      const wanted = { id: "LABCDE-12345-FGHIJK" }
      assert.deepStrictEqual((yield* Account.queryLedgers.call(wanted)).structuredContent, { entries: [short] })
      const full = yield* Account.queryLedgers.call({ ...wanted, detail: "full" })
      assert.deepStrictEqual(full.structuredContent, { entries: [shown] })
      assert.deepStrictEqual(calls, [wanted, wanted])
    }).pipe(Effect.provide(kraken({ "private/QueryLedgers": { "LABCDE-12345-FGHIJK": entry } }, calls)))
  })

  it.effect("takes twenty ids at most", () =>
    Effect.gen(function* () {
      const id = Array.from({ length: 21 }, (_, i) => `L${i}`)
      const error = yield* Effect.flip(Account.queryLedgers.call({ id }))
      assertFaults(faultsIn(error), [["id", "20", "21"]])
    }).pipe(Effect.provide(untouched))
  )
})

describe("get_credit_lines", () => {
  it.effect("says so where there is none", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Account.getCreditLines.run({}), { credit_line: false, assets: [] })
    }).pipe(Effect.provide(kraken({ "private/CreditLines": null })))
  )

  it.effect("shows them by asset and in total, in either shape", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Account.getCreditLines.run({}), {
        credit_line: true,
        assets: [
          { asset: "USD", balance: "1000.0000", credit_limit: "50000.0000", available_credit: "38000.0000" },
          { asset: "BTC", balance: "1", collateral_value: "0.99", hold_trade: "0" }
        ],
        limits_monitor: { total_credit_usd: "50000.00", debt_to_equity: "0.15" }
      })
    }).pipe(
      Effect.provide(
        kraken({
          "private/CreditLines": {
            asset_details: {
              USD: { balance: "1000.0000", credit_limit: "50000.0000", available_credit: "38000.0000" },
              XXBT: { balance: 1, collateral_value: 0.99, hold_trade: 0 }
            },
            limits_monitor: { total_credit_usd: "50000.00", ongoing_balance: null, debt_to_equity: "0.15" }
          }
        })
      )
    )
  )
})

describe("get_api_key_info", () => {
  const key = {
    api_key_name: "mcp-readonly",
    api_key: "EXAMPLEPUBLICKEY",
    nonce: "1761000000000009",
    nonce_window: "0",
    permissions: ["query-funds", "fly-to-moon"],
    iban: "AA88 N84G WOAK NMOI",
    valid_until: "0",
    query_from: "0",
    query_to: "0",
    created_time: "1750000000",
    modified_time: "1750000000",
    ip_allowlist: [""],
    last_used: "1760999990"
  }

  it.effect("asks Kraken, updates the permission cache, and masks the key", () => {
    const learned: Array<unknown> = []
    return Effect.gen(function* () {
      const answer = yield* Account.getApiKeyInfo.call({})
      assert.deepStrictEqual(answer.structuredContent, {
        name: "mcp-readonly",
        key: "EXAM…CKEY",
        iban: "AA88 N84G WOAK NMOI",
        permissions: [
          { permission: "query-funds", means: "Funds permissions – Query" },
          { permission: "fly-to-moon", means: "fly-to-moon" }
        ],
        notes: [],
        nonce_window: "0",
        created_time: "2025-06-15T15:06:40Z",
        modified_time: "2025-06-15T15:06:40Z",
        last_used: "2025-10-20T22:39:50Z"
      })
      assert.notInclude(JSON.stringify(answer), key.api_key)
      assert.deepStrictEqual(learned, [key])
    }).pipe(
      Effect.provide(
        TestKraken({ answers: { "private/GetApiKeyInfo": key }, onLearn: (answer) => learned.push(answer) })
      )
    )
  })

  it.effect("explains in sentences what limits the key, in the spelling of Kraken's pages too", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-01-01T00:00:00Z"))
      const { key: masked, notes, valid_until } = yield* Account.getApiKeyInfo.run({})
      assert.strictEqual(masked, "…")
      assert.strictEqual(valid_until, "2026-02-01T00:00:00Z")
      const limits = ["203.0.113.7", "2025-06-15T15:06:40.000Z", "2026-02-01T00:00:00.000Z, in 31 days"]
      assert.lengthOf(notes, limits.length)
      for (const [i, limit] of limits.entries()) assert.include(notes[i], limit)
    }).pipe(
      Effect.provide(
        TestKraken({
          answers: {
            "private/GetApiKeyInfo": {
              apiKeyName: "bot",
              apiKey: "short",
              nonce: 12,
              nonceWindow: 0,
              permissions: ["withdraw-funds"],
              validUntil: 1769904000,
              queryFrom: 1750000000,
              queryTo: 0,
              ipAllowlist: ["203.0.113.7"],
              lastUsed: null
            }
          }
        })
      )
    )
  )

  it.effect("warns of keys that could do harm from anywhere, and of those that can do nothing", () =>
    Effect.gen(function* () {
      const { notes } = yield* Account.getApiKeyInfo.run({})
      assert.lengthOf(notes, 1)
      assert.match(notes[0] ?? "", /withdraw funds and place orders/)
    }).pipe(
      Effect.provide(
        TestKraken({
          answers: { "private/GetApiKeyInfo": { ...key, permissions: ["modify-trades", "withdraw-funds"] } }
        })
      )
    )
  )

  it.effect("what is no key is said to be none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Account.getApiKeyInfo.run({}))
      assert.strictEqual(error._tag, "KrakenUnreadable")
    }).pipe(Effect.provide(TestKraken({ answers: { "private/GetApiKeyInfo": { permissions: "all" } } })))
  )
})

describe("list_wallet_accounts", () => {
  it.effect("flattens what Kraken nests", () =>
    Effect.gen(function* () {
      const answer = yield* Account.listWalletAccounts.run({})
      assert.deepStrictEqual(answer, {
        accounts: [
          { account_id: "WX6V-JUKW-KKPB-QE36", type: "main", status: "active", active: true, user_defined: false }
        ],
        next_cursor: "n"
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
            cursor: { next: "n" }
          }
        })
      )
    )
  )
})

describe("account tools", () => {
  it("carry what a key may lack in their type", () => {
    type Failure = Effect.Effect.Error<ReturnType<typeof Account.getLedgers.run>>
    expectTypeOf<KrakenPermissionError>().toExtend<Failure>()
  })

  it.effect("refuse a call that the key definitely may not make before Kraken is asked", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Account.getLedgers.run({ limit: 50 }))
      assert.deepInclude(error, {
        _tag: "KrakenPermissionError",
        endpoint: "private/Ledgers",
        needed: [["query-ledger"]]
      })
    }).pipe(Effect.provide(TestKraken({ granted: ["query-funds"], onCall: () => assert.fail("Kraken was asked") })))
  )
})
