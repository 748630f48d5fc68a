import { assert, describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Either, Option, Redacted } from "effect"
import { amendFaults, editFaults } from "../../src/domain/orders/changeRules.ts"
import type { Fault } from "../../src/domain/orders/fault.ts"
import { batchFaults, orderFaults } from "../../src/domain/orders/orderRules.ts"
import { Permission } from "../../src/domain/keys/permissions.ts"
import type { Order } from "../../src/domain/orders/orders.ts"
import { pairFaults } from "../../src/domain/orders/pairRules.ts"
import { makeMandate, nameFaults, type TermTexts } from "../../src/domain/mandates/terms.ts"
import { decimal } from "../../src/domain/numbers/decimal.ts"
import { newTriggerFaults, triggerFaults } from "../../src/domain/orders/triggerRules.ts"
import { self } from "../../src/layers/process/self.ts"
import { type Access, howToConnect } from "../../src/server/howToConnect.ts"
import type { Config } from "../../src/services/Config.ts"
import { errorText } from "../../src/tools/errorAdvice.ts"
import { tools } from "../../src/tools/toolsets.ts"
import { mandate } from "../domain/mandates/mandates.ts"
import { testConfig } from "../doubles/TestConfig.ts"
import { TestKraken } from "../doubles/TestKraken.ts"
import { directory } from "../fixtures/krakenLists.ts"
import { saidOfSettings, settingsSamples } from "../fixtures/wrongSettings.ts"
import { toolErrors } from "../fixtures/toolErrors.ts"

const limit: Order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.5", price: "61234.5" }
const market = { ordertype: "market", price: undefined } as const
const iceberg = { ordertype: "iceberg", volume: "1" } as const
const stopLimit = { ordertype: "trailing-stop-limit", price: "+1%" } as const

type Change = { readonly [Field in keyof Order]?: Order[Field] | undefined }

/** Orders with a fault, as changes of a valid limit order. They break each rule at least once. */
const faultyOrders: ReadonlyArray<Change> = [
  { price: undefined },
  { ordertype: "stop-loss-limit" },
  { ordertype: "market" },
  { close: { ordertype: "stop-loss", price: "1", price2: "2" } },
  { price: "1e5" },
  { price: "1".repeat(41) },
  { price: "0.00" },
  { ordertype: "stop-loss", price: "0" },
  { ordertype: "trailing-stop", price: "+0" },
  { ordertype: "trailing-stop", price: "-500" },
  { ...stopLimit, price2: "0" },
  { ...stopLimit, price2: "100" },
  { price: "5%" },
  { ...iceberg, displayvol: "0.06" },
  { ...iceberg, displayvol: "1.5" },
  { ...iceberg, displayvol: "x" },
  iceberg,
  { displayvol: "0.1" },
  { volume: "1e5" },
  { volume: "-1" },
  { volume: "0.00" },
  { oflags: ["post"], timeinforce: "IOC" },
  { oflags: ["post"], timeinforce: "FOK" },
  { ordertype: "stop-loss", oflags: ["post", "fcib", "fciq"] },
  { oflags: ["viqc"] },
  { ...market, type: "sell", oflags: ["viqc"] },
  { reduce_only: true },
  { ordertype: "settle-position", price: undefined, volume: "0" },
  { leverage: "1" },
  { userref: 1, cl_ord_id: "a" },
  { userref: 1.5 },
  { cl_ord_id: "nineteen characters" },
  { timeinforce: "GTD" },
  { timeinforce: "GTD", expiretm: "0" },
  { timeinforce: "GTD", expiretm: "+4" },
  { timeinforce: "GTD", expiretm: "1789982000" },
  { timeinforce: "GTD", expiretm: "tomorrow" },
  { starttm: "2026-09-21" },
  { deadline: "2026-09-21T09:15:01.5Z" },
  { deadline: "2026-09-21T08:15:00Z" },
  { deadline: "tomorrow" }
]

/** Valid orders that a pair does not accept. */
const unfitOrders: ReadonlyArray<Change> = [
  { price: "61234.567" },
  { price: "4.4444", volume: "9", pair: "DOT/USD" },
  { volume: "0.123456789" },
  { volume: "0.00004" },
  { volume: "0.00005", price: "3000" },
  { ...iceberg, displayvol: "0.066666667" },
  { close: { ordertype: "take-profit-limit", price: "70000.55", price2: "1.11" } },
  { leverage: "20" },
  { leverage: "2", price: "1", volume: "9", pair: "0G/EUR" },
  { pair: "ACA/EUR" },
  { pair: "ETH/USDC" },
  { ...market, pair: "1INCH/EUR" },
  { pair: "DOT/EUR" }
]

/** Valid orders on the wrong side of a last price of 60,000. */
const wrongSides: ReadonlyArray<Change> = [
  { type: "sell", ordertype: "stop-loss", price: "61000" },
  { ordertype: "take-profit-limit", price: "+1%", price2: "61000" },
  { type: "sell", ordertype: "stop-loss", price: "-100%" },
  { type: "sell", ordertype: "trailing-stop", price: "+60000" },
  { ...market, close: { ordertype: "stop-loss", price: "60500" } },
  { ordertype: "trailing-stop", price: "+1%", close: { ordertype: "stop-loss", price: "+5%" } }
]

/** Volumes that are too small at a last price of 60,000. */
const smallVolumes: ReadonlyArray<Change> = [
  { ...market, volume: "0.00001" },
  { ...market, oflags: ["viqc"], volume: "2" }
]

const many = (count: number, value: unknown) => Array.from({ length: count }, () => value)
const order = { type: "buy", ordertype: "limit", volume: "0.01", price: "100000.0" }

/** Invalid arguments of tools: at least one for each check of a schema or a tool. */
const faultyCalls: ReadonlyArray<readonly [tool: string, args: object]> = [
  [
    "add_order",
    { pair: "BTC/USD", type: "long", ordertype: "stop", volume: 0.1 + 0.2, oflags: "nompp", userref: 2147483648 }
  ],
  ["add_order", { ...order, pair: "BTC/USD", tpye: "buy", price: "-".repeat(1001) }],
  ["add_order", { ...order, pair: "BTC/USD", close_price: "95000" }],
  ["add_order", { ...order, pair: "BTC/USD", deadline: "1970-01-01T00:00:01Z" }],
  ["add_order_batch", { pair: "BTC/USD", orders: [order] }],
  ["add_order_batch", { pair: "BTC/USD", orders: many(16, order) }],
  ["add_order_batch", { pair: "BTC/USD", orders: [order, { ...order, pair: "ETH/USD" }] }],
  ["cancel_order", {}],
  ["cancel_order", { txid: "OUF4EM-FRGI2-MQMWZD", cl_ord_id: "a" }],
  ["cancel_order_batch", { orders: [] }],
  ["cancel_order_batch", { orders: many(50, "OUF4EM-FRGI2-MQMWZD"), cl_ord_ids: ["a"] }],
  ["cancel_order_batch", { cl_ord_ids: ["nineteen characters"] }],
  ["cancel_all_orders", { pairs: ["BTC/USD"], side: "long" }],
  ["add_order", { ...order, pair: "BTC/USD", quantity: "2", qauntity: "2", lever: 2 }],
  [
    "add_order",
    { ...order, pair: "BTC/USD", stop_price: "1", trailing_distance: "1", post_only: "maybe", close: "no" }
  ],
  ["add_order", { ...order, pair: "BTC/USD", ordertype: "market", limit_price: "1", oflags: "post", post_only: false }],
  ["amend_order", { txid: "OUF4EM-FRGI2-MQMWZD", price: "1", limit_price: "2" }],
  ["query_orders", {}],
  ["cancel_all_orders_after", { timeout: 86400 }],
  ["get_server_time", { zone: "UTC" }],
  ["query_orders", { txid: [] }],
  ["query_orders", { txid: many(51, "OUF4EM-FRGI2-MQMWZD") }],
  ["get_ledgers", { type: "swap", ofs: -1, limit: 51 }],
  ["query_ledgers", { id: many(21, "LUF4EM-FRGI2-MQMWZD") }],
  ["get_ohlc", { pair: "BTC/USD", interval: 2, since: "now", limit: 1000 }],
  ["get_ledgers", { start: 1764230400123, end: "2026-09-21T09:15:02" }],
  ["get_ledgers", { start: "last week", end: "2026-02-30" }],
  ["get_closed_orders", { start: "2026-09-21", end: "2026-09-20" }],
  ["get_trade_history", { start: Number("1616492376594123457"), end: "1999-12-31" }],
  ["get_trade_history", { start: "2026" }],
  ["get_ledgers", { asset: ["AAPLx", "BTC"] }],
  ["get_recent_trades", { pair: "BTC/USD", since: "-30" }],
  ["add_order", { ...order, pair: "BTC/USD", starttm: "tomorrow", expiretm: 1764230400123 }],
  ["get_assets", { fields: ["altname", "price"] }],
  ["get_ticker", { pair: many(1001, "BTC/USD") }],
  ["request_export_report", { report: "ledgers", description: "x", fields: ["time", "price"] }],
  ["withdraw", { asset: "BTC", key: "mine", amount: "0.00", max_fee: "-1" }],
  ["wallet_transfer", { asset: "BTC", amount: 0.1 + 0.2, from_wallet: "Futures Wallet", to_wallet: "Futures Wallet" }],
  ["account_transfer", { asset: "BTC", amount: "1", from_account: "ABC", to_account: "ABC" }],
  ["allocate_earn", { strategy_id: "ESXXXXX", amount: "0" }]
]

/** Flags of a mandate that are wrong. They break each rule at least once. */
const faultyTerms: ReadonlyArray<TermTexts> = [
  { budget: ["0USD"] },
  { budget: ["0.00000001BTC"] },
  { budget: ["500USD", "600USD"] },
  { budget: ["500USD"], access: ["read"] },
  { budget: ["500USD"], max: ["400EUR/day"] },
  { budget: ["500USD"], "max-leverage": ["2"] },
  { access: ["trade"] },
  { access: ["read"], pairs: ["BTC/USD"] },
  { access: ["trade"], max: ["none"], withdraw: ["KEY=200USD/day"] },
  { max: ["-1USD/day", "1000000001USD/hour", "0.123456789USD/week", "1e3USD/month", "500USD/year", "USD/day"] },
  { max: [`${"9".repeat(41)}USD/day`, "500$/day"] },
  { max: ["9".repeat(201)] },
  { max: ["9".repeat(20_001)], collar: ["9".repeat(201)] },
  { access: ["trade"], max: ["600USD/order,500USD/day"] },
  { access: ["trade"], max: ["100USD/order,500EUR/day"] },
  { max: ["500USD/day,none"] },
  { max: ["500USD/day,600USD/day"] },
  { access: ["trade"], max: ["none"], grant: ["BTC=1"] },
  { access: ["trade"], max: ["none"], capital: ["0USD"] },
  { keep: ["BTC", "BTC=1=2", "BTC=0"] },
  { pairs: ["BTCUSD", "none"], "not-pairs": ["all", ","], sides: ["none"], types: ["stop"] },
  { access: ["trade"], max: ["none"], pairs: ["BTC/USD"], "not-pairs": ["*/USD"] },
  { access: ["trade"], max: ["none"], types: ["market"] },
  { collar: ["101%"], slippage: ["1 percent"], "max-open": ["0"], rate: ["10/hour"], "max-leverage": ["1"] },
  { calls: ["10/min,5/day"] },
  { calls: ["10", "0/min"], cancel: ["all"], ask: ["above=50", "everything"], toolsets: ["trades"] },
  { withdraw: ["200USD/day", "a\u0007b=1USD/day", "KEY=1USD/order"], colour: ["red"] }
]

const now = DateTime.unsafeMake("2026-09-21T09:15:00Z")

const changed = (change: Change) =>
  Object.fromEntries(
    Object.entries({ ...limit, ...change }).filter(([, value]) => value !== undefined)
  ) as unknown as Order

const pairOf = (name: string) => {
  const found = directory.findPair(name)
  if (found === undefined) throw new Error(`no pair ${name}`)
  return found
}

/** Prints an input, and the faults below it. */
const told = (title: string, given: object, faults: ReadonlyArray<Fault>) => {
  assert.isNotEmpty(faults, JSON.stringify(given))
  return [`${title} ${JSON.stringify(given)}`, ...faults.map(({ fault, path }) => `  ${path}: ${fault}`), ""].join("\n")
}

const pinned = (file: string, parts: ReadonlyArray<string>) =>
  Effect.promise(() => expect(parts.join("\n")).toMatchFileSnapshot(`words/${file}.txt`))

describe("words", () => {
  it.effect("of each error that a tool may end in, with its advice", () =>
    pinned(
      "errors",
      Object.values(toolErrors).flatMap((errors) => {
        assert.isNotEmpty(errors)
        return errors.map((error) => `${errorText(error)}\n`)
      })
    )
  )

  it.effect("of arguments that do not fit their tool", () =>
    Effect.forEach(faultyCalls, ([name, args]) => {
      const tool = tools.get(name)
      if (tool === undefined) throw new Error(`no tool ${name}`)
      const given = JSON.stringify(args)
      return Effect.map(Effect.flip(tool.call(args)), (error) => {
        const shown = given.length > 120 ? `${given.slice(0, 120)}…` : given
        return `${name} ${shown}\n${errorText(error)}\n`
      })
    }).pipe(
      Effect.flatMap((parts) => pinned("arguments", parts)),
      Effect.provide(
        TestKraken({
          granted: Permission.literals,
          directory,
          onCall: (endpoint) => assert.fail(`${endpoint} was called`)
        })
      )
    )
  )

  it.effect("of settings that are wrong or doubtful", () =>
    pinned(
      "settings",
      settingsSamples.map((sample) => {
        const said = saidOfSettings(sample)
        assert.isNotEmpty(said, JSON.stringify(sample))
        return [JSON.stringify(sample), ...said.map((text) => `  ${text}`), ""]
          .join("\n")
          .replaceAll(/[\w+/]{40,}=*/g, "<secret>")
      })
    )
  )

  it.effect("of limits of a mandate that are wrong, and of names in it that Kraken lacks", () => {
    const unknown = mandate({ max: "5USDD/day,none/order", access: "full", pairs: "BTC/UDS,NOPE/*", keep: "BTCC=1" })
    return pinned("mandates", [
      ...faultyTerms.map((given) => {
        const problems = Either.match(makeMandate(given), { onLeft: (problems) => problems, onRight: () => [] })
        assert.isNotEmpty(problems, JSON.stringify(given))
        const shown = JSON.stringify(given)
        return [
          shown.length > 200 ? `${shown.slice(0, 200)}…` : shown,
          ...problems.map((problem) => `  ${problem}`),
          ""
        ].join("\n")
      }),
      [...nameFaults(unknown, directory), ""].join("\n")
    ])
  })

  it.effect("of a server that begins to serve", () => {
    const credentials = Option.some({ key: Redacted.make("key"), secret: Redacted.make("secret"), otp: Option.none() })
    const token = Redacted.make("<token>")
    const [fresh, none, paperOnly] = [
      { _tag: "New", token },
      { _tag: "None", forPaper: false },
      { _tag: "None", forPaper: true }
    ] as const
    const cases: ReadonlyArray<readonly [Partial<typeof Config.Service>, Access]> = [
      [{ mode: "paper" }, fresh],
      [{ mode: "paper" }, { _tag: "Some", explain: true }],
      [{ mode: "live", credentials }, paperOnly],
      [
        { mode: "live", credentials, readOnly: true },
        { _tag: "Some", explain: false }
      ],
      [{ mode: "live" }, fresh],
      [{ mode: "live" }, none],
      [{ mode: "live", authDisabled: true }, none]
    ]
    return pinned(
      "serve",
      cases.map(([changes, access]) =>
        [
          ...howToConnect(testConfig({ ...changes, port: 8765 }), access, Option.none()).map((line) =>
            line.replaceAll(self(), "mcp-kraken")
          ),
          ""
        ].join("\n")
      )
    )
  })

  it.effect("of each rule of orders", () => {
    const txid = "OUF4EM-FRGI2-MQMWZD"
    const lastPrice = { pair: "BTC/USD", last: decimal("60000") }
    const twin = { ...limit, cl_ord_id: "same" }
    const [batches, amends, edits] = [
      [
        { pair: "XBTUSD", orders: [limit] },
        { pair: "XBTUSD", orders: [twin, twin], deadline: "tomorrow" }
      ],
      [
        { post_only: true },
        { txid, cl_ord_id: "a", order_qty: "0" },
        { txid, order_qty: "1", display_qty: "2" },
        { txid, limit_price: "0" },
        { txid, trigger_price: "0" }
      ],
      [
        { txid, pair: "XBTUSD" },
        { txid, pair: "XBTUSD", volume: "1", displayvol: "2" }
      ]
    ]
    return pinned("orders", [
      ...faultyOrders.map((change) => told("order", change, orderFaults(changed(change), now))),
      ...unfitOrders.map((change) =>
        told("order", change, pairFaults(changed(change), pairOf(change.pair ?? limit.pair)))
      ),
      ...wrongSides.map((change) => told("order", change, triggerFaults(changed(change), lastPrice))),
      ...smallVolumes.map((change) =>
        told("order", change, pairFaults(changed(change), pairOf(limit.pair), lastPrice.last))
      ),
      told(
        "new trigger",
        { trigger_price: "#5%" },
        newTriggerFaults("trigger_price", { type: "sell", ordertype: "stop-loss", price: "#5%" }, lastPrice)
      ),
      ...batches.map((batch) => told("batch", batch, batchFaults(batch, now))),
      ...amends.map((amend) => told("amend", amend, amendFaults(amend, now))),
      ...edits.map((edit) => told("edit", edit, editFaults(edit, now)))
    ])
  })
})
