import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js"
import Database from "better-sqlite3"
import { Context, Effect, Layer } from "effect"
import { request } from "node:http"
import { join } from "node:path"
import { builtOnce } from "../builtOnce.ts"
import { overHttpNewest } from "./Server.ts"
import { call, type Name, names, openOrdersOf, serveTwoAccounts } from "./twoAccounts.ts"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01", price: "10000" }

/** A server with two accounts, and an agent of each. Starting it takes most of the time, so that tests share it. */
class Served extends Context.Tag("mcp-kraken/test/serve/CrossAccount.test/Served")<
  Served,
  Effect.Effect.Success<typeof served>
>() {}

const served = Effect.gen(function* () {
  const two = yield* serveTwoAccounts()
  return { ...two, desk: yield* two.clientOf("desk"), cold: yield* two.clientOf("cold") }
})

/** Places an order of the agent of `desk`, for one of `cold` to attack. */
const placed = (desk: Client, more: Record<string, unknown> = {}) =>
  Effect.map(call(desk, "add_order", { ...order, ...more }), ({ answer, isError, text }) => {
    assert.isFalse(isError, text)
    const txid = /O[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}/.exec(JSON.stringify(answer))?.[0]
    return txid ?? assert.fail(text)
  })

/** Sends a request of MCP, or a GET without a body. */
const send = (url: string, token: string, { body, session }: { readonly body?: object; readonly session?: string }) =>
  Effect.async<{ readonly status: number | undefined; readonly text: string; readonly session: string }>((resume) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session !== undefined && { "mcp-session-id": session })
    }
    request(url, { method: body === undefined ? "GET" : "POST", headers }, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => {
        text += part.toString()
      })
      response.on("end", () => {
        const { "mcp-session-id": id } = response.headers
        resume(Effect.succeed({ status: response.statusCode, text, session: String(id) }))
      })
    }).end(body === undefined ? undefined : JSON.stringify(body))
  })

/** The ids of things of `desk`, by what they name. */
const idsOf = Effect.fnUntraced(function* (desk: Client) {
  const made = (name: string, args: Record<string, unknown> = {}) =>
    Effect.map(call(desk, name, args), ({ answer, isError, text }) => {
      assert.isFalse(isError, `${name}: ${text}`)
      return { answer, found: (shape: RegExp) => shape.exec(JSON.stringify(answer))?.[0] ?? assert.fail(text) }
    })
  const client = "11111111-2222-4333-8444-555555555555"
  const order = yield* placed(desk, { price: "10007", cl_ord_id: client })
  yield* placed(desk, { price: "10009", userref: 4711 })
  yield* made("add_order", { pair: "BTC/USD", type: "buy", ordertype: "market", volume: "0.01" })
  const trade = (yield* made("get_trade_history")).found(/T[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}/)
  const ledger = String((yield* made("get_ledgers", { detail: "full", limit: 1 })).answer.entries[0].id)
  const { answer: withdrawal } = yield* made("withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.01" })
  const { answer: report } = yield* made("request_export_report", { report: "trades", description: "all" })
  const { answer: alert } = yield* made("create_alert", { kind: "price", pair: "BTC/USD", above: "987654" })
  yield* made("create_subaccount", { username: "branch", email: "branch@example.com" })
  const wallets = (yield* made("list_wallet_accounts")).answer.accounts
  const activity = yield* made("get_activity")
  return {
    order,
    client,
    userref: 4711,
    trade,
    ledger,
    withdrawal: String(withdrawal.refid),
    report: String(report.id),
    alert: Number(alert.id),
    wallet: String(wallets.at(-1).account_id),
    row: Number(/"(?:seq|id|row|record)":\s*(\d+)/.exec(JSON.stringify(activity.answer))?.[1] ?? 3)
  }
})

type Ids = Effect.Effect.Success<ReturnType<typeof idsOf>>

/** Every argument that takes an id of something, by its tool. */
const attacks: ReadonlyArray<
  readonly [tool: string, argument: string, id: keyof Ids, args: (id: never) => Record<string, unknown>]
> = [
  ["get_activity", "cursor", "row", (row: number) => ({ cursor: String(row + 1) })],
  ["amend_order", "txid", "order", (txid: string) => ({ txid, limit_price: "1" })],
  ["amend_order", "cl_ord_id", "client", (cl_ord_id: string) => ({ cl_ord_id, limit_price: "1" })],
  ["edit_order", "txid", "order", (txid: string) => ({ txid, pair: "BTC/USD", price: "1" })],
  ["cancel_order", "txid", "order", (txid: string) => ({ txid })],
  ["cancel_order", "txid", "userref", (userref: number) => ({ txid: String(userref) })],
  ["cancel_order", "cl_ord_id", "client", (cl_ord_id: string) => ({ cl_ord_id })],
  ["cancel_order_batch", "orders", "order", (txid: string) => ({ orders: [txid] })],
  ["cancel_order_batch", "cl_ord_ids", "client", (id: string) => ({ cl_ord_ids: [id] })],
  ["query_orders", "txid", "order", (txid: string) => ({ txid: [txid] })],
  ["query_orders", "cl_ord_id", "client", (cl_ord_id: string) => ({ cl_ord_id })],
  ["query_orders", "userref", "userref", (userref: number) => ({ txid: ["OAAAAA-BBBBB-CCCCCC"], userref })],
  ["wait_for_orders", "txid", "order", (txid: string) => ({ txid: [txid], timeout_s: 0 })],
  ["get_order_amends", "txid", "order", (txid: string) => ({ txid })],
  ["get_open_orders", "cl_ord_id", "client", (cl_ord_id: string) => ({ cl_ord_id })],
  ["get_open_orders", "userref", "userref", (userref: number) => ({ userref })],
  ["get_closed_orders", "cl_ord_id", "client", (cl_ord_id: string) => ({ cl_ord_id })],
  ["get_closed_orders", "userref", "userref", (userref: number) => ({ userref })],
  ["query_trades", "txid", "trade", (txid: string) => ({ txid: [txid] })],
  ["get_open_positions", "txid", "trade", (txid: string) => ({ txid: [txid] })],
  ["query_ledgers", "id", "ledger", (id: string) => ({ id: [id] })],
  ["create_alert", "txid", "order", (txid: string) => ({ kind: "fill", txid })],
  ["delete_alert", "id", "alert", (id: number) => ({ id })],
  ["get_approval", "id", "row", (id: number) => ({ id })],
  ["cancel_withdrawal", "refid", "withdrawal", (refid: string) => ({ asset: "XBT", refid })],
  ["retrieve_export", "id", "report", (id: string) => ({ id })],
  ["remove_export", "id", "report", (id: string) => ({ id })],
  ...(["from_account", "to_account"] as const).map(
    (argument) =>
      [
        "account_transfer",
        argument,
        "wallet",
        (id: string) => ({ asset: "XBT", amount: "0.01", from_account: id, to_account: id.slice(1) + id[0] })
      ] as const
  )
]

/** Arguments that give an id to something new, and cursors of what all accounts share. */
const ofNothing: ReadonlySet<string> = new Set([
  ...["userref", "cl_ord_id"].map((argument) => `add_order ${argument}`),
  "add_order_batch orders",
  "edit_order userref",
  ...["get_ticker", "get_asset_pairs", "get_assets", "get_ohlc", "get_recent_spreads", "get_recent_trades"].map(
    (tool) => `${tool} cursor`
  ),
  "list_earn_strategies cursor",
  "retrieve_export cursor"
])

/** Lists of the account, whose cursors one agent could take from another. */
const lists: ReadonlyArray<readonly [tool: string, args: Record<string, unknown>]> = [
  ["get_open_orders", { limit: 1 }],
  ["get_closed_orders", { limit: 1 }],
  ["get_trade_history", { limit: 1 }],
  ["get_ledgers", { limit: 1 }],
  ["get_activity", { limit: 1 }],
  ["get_deposit_status", { limit: 1 }],
  ["get_withdrawal_status", { limit: 1 }],
  ["get_export_status", { report: "trades", limit: 1 }],
  ["list_wallet_accounts", {}]
]

/** Tools that say of an id that names nothing of the caller that the argument is invalid. */
const refusing: ReadonlySet<string> = new Set(["get_approval", "create_alert"])

const namesSomething = /^(txid|cl_ord_ids?|id|refid|userref|cursor|orders|(from|to)_account)$/

/** Makes an id of the same shape that names nothing. */
const madeUp = (id: string | number): string | number =>
  typeof id === "number" ? id + 100_000 : id.slice(0, -2) + (id.endsWith("00") ? "11" : "00")

/** A text without the id that was sent, times, and receipts. */
const plain = (text: string, id: string | number): string =>
  text
    .replaceAll(String(id), "ID")
    .replace(/Record \d+:[0-9a-f]+/g, "")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "")

describe("an agent of one Kraken account", () => {
  const onServers = builtOnce(Layer.scoped(Served, served))

  it.scopedLive(
    "learns and changes nothing by the ids of another account, in any argument of any tool",
    () =>
      onServers(
        Effect.gen(function* () {
          const { cold, desk, exchanges, proxy } = yield* Served
          const ids = yield* idsOf(desk)
          const { tools } = yield* Effect.promise(() => cold.listTools())
          const named = tools.flatMap(({ inputSchema, name }) =>
            Object.keys(inputSchema.properties ?? {})
              .filter((argument) => namesSomething.test(argument))
              .map((argument) => `${name} ${argument}`)
          )
          const attacked = new Set([
            ...attacks.map(([tool, argument]) => `${tool} ${argument}`),
            ...lists.map(([tool]) => `${tool} cursor`),
            ...ofNothing
          ])
          assert.deepStrictEqual(
            named.filter((argument) => !attacked.has(argument)),
            []
          )

          const marks = ["10007", "10009", "987654", "branch", ...Object.values(ids).map(String)]
          const cursors = yield* Effect.forEach(lists, ([tool, args]) =>
            Effect.map(call(desk, tool, args), ({ answer }) => [tool, { ...args, cursor: answer.next_cursor }] as const)
          )
          const open = openOrdersOf(exchanges.desk).length
          const mark = proxy.passed.length
          const misunderstood: Array<unknown> = []
          const answerTo = (tool: string, args: Record<string, unknown>, id: string | number) =>
            Effect.map(call(cold, tool, args), ({ answer, isError, text }) => {
              // It is an attack only if the arguments are understood.
              if (!refusing.has(tool) && text.includes("InvalidArguments")) misunderstood.push([tool, args, text])
              const shown = plain(text + JSON.stringify(answer), id)
              assert.notMatch(shown, /desk/i, tool)
              for (const one of marks) if (one.length > 3) assert.notInclude(shown, one, `${tool}: ${one}`)
              return [isError, shown]
            })
          // First, since later its own record has the ids that it sent.
          for (const [tool, args] of cursors) if (args.cursor !== undefined) yield* answerTo(tool, args, "")
          const differing: Array<unknown> = []
          for (const [tool, , kind, argsOf] of attacks) {
            const id = ids[kind]
            const other = madeUp(id)
            const args = argsOf as (id: string | number) => Record<string, unknown>
            const attack = yield* answerTo(tool, args(id), id)
            const plainly = yield* answerTo(tool, args(other), other)
            if (String(attack) !== String(plainly)) differing.push({ tool, attack, plainly })
          }
          assert.deepStrictEqual([differing, misunderstood], [[], []])
          yield* answerTo("cancel_all_orders", {}, "")

          assert.deepStrictEqual([...new Set(proxy.passed.slice(mark).map(({ account }) => account))], ["cold"])
          assert.lengthOf(openOrdersOf(exchanges.desk), open)
          assert.deepStrictEqual(openOrdersOf(exchanges.cold), [])
          const left = [
            (yield* call(desk, "get_withdrawal_status", { asset: "XBT" })).text,
            (yield* call(desk, "get_export_status", { report: "trades" })).text,
            (yield* call(desk, "list_alerts")).text
          ]
          assert.include(left[0], ids.withdrawal)
          assert.include(left[1], ids.report)
          assert.include(left[2], "987654")
        })
      ),
    { timeout: 120_000 }
  )

  it.scopedLive(
    "sees its own writes in the record, though both did the same",
    () =>
      onServers(
        Effect.gen(function* () {
          const { cold, desk } = yield* Served
          const [first, second] = [yield* placed(desk), yield* placed(cold)]
          const again = yield* call(desk, "add_order", order)
          assert.isTrue(again.isError || again.text.includes(first), again.text)
          const activity = (client: Client) => Effect.map(call(client, "get_activity"), ({ text }) => text)
          const [ofDesk, ofCold] = [yield* activity(desk), yield* activity(cold)]
          assert.include(ofDesk, first)
          assert.notInclude(ofDesk, second)
          assert.include(ofCold, second)
          assert.notInclude(ofCold, first)
          // The cursor of the other one gives no rows of it.
          assert.notInclude((yield* call(cold, "get_activity", { cursor: "1000" })).text, first)
        })
      ),
    { timeout: 60_000 }
  )

  it.scopedLive(
    "cannot go on with a session of another account",
    () =>
      onServers(
        Effect.gen(function* () {
          const { server, tokenOf } = yield* Served
          const [desk, cold] = [yield* tokenOf("desk"), yield* tokenOf("cold")]
          const initialize = {
            jsonrpc: "2.0",
            id: 1,
            method: "initialize",
            params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "0" } }
          }
          const { session } = yield* send(server.url, desk.token, { body: initialize })
          const subscribe = {
            jsonrpc: "2.0",
            id: 2,
            method: "resources/subscribe",
            params: { uri: "kraken://orders/open" }
          }
          // The other one gets a session of its own under that id, whose end leaves the first one as it was.
          yield* send(server.url, cold.token, { body: subscribe, session })
          const own = yield* send(server.url, desk.token, { body: subscribe, session })
          assert.notProperty(JSON.parse(own.text), "error")
          const ended = yield* Effect.promise(() =>
            fetch(server.url, {
              method: "DELETE",
              headers: { authorization: `Bearer ${cold.token}`, "mcp-session-id": session }
            })
          )
          assert.strictEqual(ended.status, 200)
          const after = yield* send(server.url, desk.token, { body: { ...subscribe, id: 3 }, session })
          assert.deepStrictEqual([after.status, JSON.parse(after.text)], [200, { jsonrpc: "2.0", id: 3, result: {} }])
        })
      ),
    { timeout: 60_000 }
  )

  it.scopedLive(
    "finds no name of another account in anything that a model reads",
    () =>
      onServers(
        Effect.gen(function* () {
          const { cold } = yield* Served
          const texts: Array<string> = []
          const read = (label: string, effect: Effect.Effect<unknown, unknown>) =>
            Effect.map(Effect.either(effect), (answer) => void texts.push(`${label} ${JSON.stringify(answer)}`))
          const { resources } = yield* Effect.promise(() => cold.listResources())
          const { resourceTemplates } = yield* Effect.promise(() => cold.listResourceTemplates())
          const { prompts } = yield* Effect.promise(() => cold.listPrompts())
          texts.push(JSON.stringify([resources, resourceTemplates, prompts, cold.getInstructions()]))
          yield* read(
            "tools",
            Effect.promise(() => cold.listTools())
          )
          const uris = [
            ...resources.map(({ uri }) => uri),
            "kraken://pnl/2026.csv",
            "kraken://desk/balances",
            "kraken://balances?account=desk",
            "kraken://orders/open?account=desk"
          ]
          for (const uri of uris.filter((uri) => !/assets|pairs/.test(uri)))
            yield* read(
              uri.replaceAll("desk", ""),
              Effect.mapError(
                Effect.tryPromise(() => cold.readResource({ uri })),
                (error) => String(error.error).replaceAll(uri, "")
              )
            )
          for (const { arguments: given = [], name } of prompts)
            for (const argument of given)
              yield* read(
                name,
                Effect.promise(() =>
                  cold.complete({
                    ref: { type: "ref/prompt", name },
                    argument: { name: argument.name, value: "des" }
                  })
                )
              )
          for (const uri of ["kraken://pairs/{pair}", "kraken://pnl/{year}.csv{?currency,method}"])
            for (const name of ["pair", "year", "account"])
              yield* read(
                uri,
                Effect.promise(() =>
                  cold.complete({ ref: { type: "ref/resource", uri }, argument: { name, value: "" } })
                )
              )
          for (const [tool, args] of [
            ["get_trading_mode", { account: "desk" }],
            ["get_account_balance", { account: "desk" }],
            ["get_my_mandate", {}],
            ["get_api_key_info", {}]
          ] as const)
            texts.push((yield* call(cold, tool, args)).text.replaceAll('account":"desk', ""))
          for (const text of texts) assert.notMatch(text.replaceAll("account", ""), /\bdesk\b|KRAKEN_DESK/i)
        })
      ),
    { timeout: 60_000 }
  )

  it.scopedLive(
    "has a token that is refused once its account was changed in the database",
    () =>
      onServers(
        Effect.gen(function* () {
          const { house, server, tokenOf } = yield* Served
          const { id, token } = yield* tokenOf("desk")
          const ping = { jsonrpc: "2.0", id: 1, method: "ping" }
          assert.strictEqual((yield* send(server.url, token, { body: ping })).status, 200)
          const db = new Database(join(house.folder, "tokens.db"))
          yield* Effect.addFinalizer(() => Effect.sync(() => db.close()))
          const stored = String(db.prepare("SELECT token_hash FROM tokens WHERE id = ?").pluck().get(id))
          const hash = stored.slice(stored.lastIndexOf(":") + 1)
          for (const edited of [stored.replace("account=desk", "account=cold"), hash]) {
            db.prepare("UPDATE tokens SET token_hash = ? WHERE id = ?").run(edited, id)
            // The server keeps what it has read for a second.
            yield* Effect.sleep("1100 millis")
            assert.strictEqual((yield* send(server.url, token, { body: ping })).status, 401, edited)
          }
          db.prepare("UPDATE tokens SET token_hash = ? WHERE id = ?").run(stored, id)
          assert.strictEqual((yield* send(server.url, token, { body: ping })).status, 200)
        })
      ),
    { timeout: 60_000 }
  )

  // The last one, since Kraken locks an account out.
  it.scopedLive(
    "is told by /ready of its own account only",
    () =>
      onServers(
        Effect.gen(function* () {
          const { exchanges, server, tokenOf } = yield* Served
          yield* exchanges.cold.admin("faults", { endpoint: "*", kind: "lockout", count: 1000 })
          const ready = server.url.replace(/\/mcp$/, "/ready")
          const ofCold = yield* send(ready, (yield* tokenOf("cold")).token, {})
          assert.deepStrictEqual([ofCold.status, JSON.parse(ofCold.text).reason], [503, "key"])
          assert.notMatch(ofCold.text, /desk/i)
          const ofDesk = yield* send(ready, (yield* tokenOf("desk")).token, {})
          assert.strictEqual(ofDesk.status, 200, ofDesk.text)
          assert.notMatch(ofDesk.text, /cold/i)
        })
      ),
    { timeout: 60_000 }
  )
})

describe("what an agent of one Kraken account is told of", () => {
  it.scopedLive(
    "comes from the WebSocket, the orders and the alerts of its own account",
    () =>
      Effect.gen(function* () {
        const { clientOf, proxy, server, tokenOf } = yield* serveTwoAccounts({ MCP_KRAKEN_FEED: "auto" })
        const client = { desk: yield* clientOf("desk"), cold: yield* clientOf("cold") }
        const uri = "kraken://orders/open"
        /** Collects what an agent is told: by `resources/subscribe`, and by `subscriptions/listen` of the newest revision. */
        const updatesOf = Effect.fnUntraced(function* (name: Name) {
          const [subscribed, listened]: [Array<string>, Array<string>] = [[], []]
          client[name].setNotificationHandler(
            ResourceUpdatedNotificationSchema,
            ({ params }) => void subscribed.push(params.uri)
          )
          yield* Effect.promise(() => client[name].subscribeResource({ uri }))
          const newest = yield* overHttpNewest({ url: server.url, token: (yield* tokenOf(name)).token })
          newest.setNotificationHandler(
            "notifications/resources/updated",
            ({ params }) => void listened.push(params.uri)
          )
          yield* Effect.promise(() => newest.listen({ resourceSubscriptions: [uri] }))
          return { subscribed, listened }
        })
        const until = (isDone: () => boolean) =>
          Effect.gen(function* () {
            for (let n = 0; n < 2000 && !isDone(); n++) yield* Effect.sleep("20 millis")
            assert.isTrue(isDone())
          })
        /** Counts the texts on the WebSocket of an account that contain a text. */
        const streamed = (name: Name, text: string) =>
          proxy.streamed.filter((one) => one.account === name && one.text.includes(text)).length

        const updates = { desk: yield* updatesOf("desk"), cold: yield* updatesOf("cold") }
        for (const name of names) assert.isFalse((yield* call(client[name], "create_alert", { kind: "fill" })).isError)
        yield* until(() => names.every((name) => streamed(name, '"executions"') > 0))

        const resting = yield* placed(client.desk)
        const bought = yield* call(client.desk, "add_order", {
          pair: "BTC/USD",
          type: "buy",
          ordertype: "market",
          volume: "0.01"
        })
        assert.isFalse(bought.isError, bought.text)
        yield* until(() => updates.desk.subscribed.length > 0 && updates.desk.listened.length > 0)
        yield* until(() => streamed("desk", resting) > 0)
        const fired = yield* call(client.desk, "wait_for_alert", { timeout_s: 45 })
        assert.lengthOf(fired.answer.fired, 1, fired.text)

        // The other one was told of nothing, and its alert waits.
        assert.deepStrictEqual(updates.cold, { subscribed: [], listened: [] })
        assert.strictEqual(streamed("cold", resting), 0)
        const waits = yield* call(client.cold, "wait_for_alert", { timeout_s: 0 })
        assert.deepStrictEqual(waits.answer, { fired: [], waiting: 1 })
        const read = (name: Name, uri: string) =>
          Effect.map(
            Effect.promise(() => client[name].readResource({ uri })),
            ({ contents }) => JSON.stringify(contents)
          )
        assert.include(yield* read("desk", uri), resting)
        assert.notInclude(yield* read("cold", uri), resting)
        assert.notStrictEqual(yield* read("desk", "kraken://balances"), yield* read("cold", "kraken://balances"))

        // It is told of its own.
        const own = yield* placed(client.cold)
        yield* until(() => updates.cold.subscribed.length > 0 && updates.cold.listened.length > 0)
        assert.strictEqual(streamed("desk", own), 0)
        for (const name of names)
          assert.deepStrictEqual([...new Set([...updates[name].subscribed, ...updates[name].listened])], [uri])
        assert.deepStrictEqual(proxy.strays, [])
      }),
    { timeout: 120_000 }
  )
})
