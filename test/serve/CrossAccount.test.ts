import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { request } from "node:http"
import { join } from "node:path"
import { overHttpNewest } from "./Server.ts"
import { call, type Name, openOrdersOf, serveTwoAccounts } from "./twoAccounts.ts"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01", price: "10000" }

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

describe("an agent of one Kraken account", () => {
  it.scopedLive("cannot see, change, cancel or await an order of another account", () =>
    Effect.gen(function* () {
      const { clientOf, exchanges, proxy } = yield* serveTwoAccounts()
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
      const client = "11111111-2222-4333-8444-555555555555"
      const txid = yield* placed(desk, { cl_ord_id: client })
      yield* placed(desk, { price: "10001", userref: 4711 })
      const before = openOrdersOf(exchanges.desk).length
      const mark = proxy.passed.length

      const attacks: ReadonlyArray<readonly [string, Record<string, unknown>]> = [
        ["amend_order", { txid, limit_price: "1" }],
        ["amend_order", { cl_ord_id: client, limit_price: "1" }],
        ["edit_order", { txid, pair: "BTC/USD", price: "1" }],
        ["cancel_order", { txid }],
        ["cancel_order", { cl_ord_id: client }],
        ["cancel_order", { txid: "4711" }],
        ["cancel_order_batch", { txid: [txid] }],
        ["query_orders", { txid: [txid] }],
        ["wait_for_orders", { txid: [txid], timeout_s: 0 }],
        ["get_order_amends", { txid }],
        ["cancel_all_orders", {}]
      ]
      for (const [name, args] of attacks) {
        const { text } = yield* call(cold, name, args)
        // It is an attack only if the call gets through to Kraken.
        assert.notInclude(text, "InvalidArguments", `${name}: ${text}`)
        assert.notInclude(text, "10000", `${name}: ${text}`)
        assert.notMatch(text, /desk/i, name)
      }
      assert.lengthOf(openOrdersOf(exchanges.desk), before)
      assert.deepStrictEqual(
        proxy.passed.slice(mark).filter(({ account }) => account === "desk"),
        []
      )
      assert.deepStrictEqual(openOrdersOf(exchanges.cold), [])
      assert.isFalse((yield* call(desk, "cancel_order", { txid })).isError)
    })
  )

  it.scopedLive("cannot cancel a withdrawal of another account, nor touch its earn allocations", () =>
    Effect.gen(function* () {
      const { clientOf, proxy } = yield* serveTwoAccounts()
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
      const sent = yield* call(desk, "withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.01" })
      assert.isFalse(sent.isError, sent.text)
      const refid = String(sent.answer.refid)
      const mark = proxy.passed.length
      const refused = yield* call(cold, "cancel_withdrawal", { asset: "XBT", refid })
      assert.isTrue(refused.isError, refused.text)
      const listed = yield* call(cold, "get_withdrawal_status", { asset: "XBT" })
      assert.notInclude(listed.text, refid)
      yield* call(cold, "list_earn_allocations")
      assert.deepStrictEqual([...new Set(proxy.passed.slice(mark).map(({ account }) => account))], ["cold"])
      assert.include((yield* call(desk, "get_withdrawal_status", { asset: "XBT" })).text, refid)
    })
  )

  it.scopedLive("sees its own writes in the record, though both did the same", () =>
    Effect.gen(function* () {
      const { clientOf } = yield* serveTwoAccounts()
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
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
  )

  it.scopedLive(
    "reads the resources of its own account, and is told of no change of another one",
    () =>
      Effect.gen(function* () {
        const { clientOf, server, tokenOf } = yield* serveTwoAccounts()
        const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
        const updates = (client: Client) => {
          const uris: Array<string> = []
          client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void uris.push(params.uri))
          return uris
        }
        const [ofDesk, ofCold] = [updates(desk), updates(cold)]
        const uri = "kraken://orders/open"
        yield* Effect.promise(() => Promise.all([desk, cold].map((client) => client.subscribeResource({ uri }))))
        /** The same by `subscriptions/listen` of the newest revision. */
        const listening = Effect.fnUntraced(function* (name: Name) {
          const client = yield* overHttpNewest({ url: server.url, token: tokenOf(name).token })
          const uris: Array<string> = []
          client.setNotificationHandler("notifications/resources/updated", ({ params }) => void uris.push(params.uri))
          yield* Effect.promise(() => client.listen({ resourceSubscriptions: [uri] }))
          return uris
        })
        const [toDesk, toCold] = [yield* listening("desk"), yield* listening("cold")]
        const txid = yield* placed(desk)
        const read = (client: Client, uri: string) =>
          Effect.map(
            Effect.promise(() => client.readResource({ uri })),
            ({ contents }) => JSON.stringify(contents)
          )
        assert.include(yield* read(desk, uri), txid)
        assert.notInclude(yield* read(cold, uri), txid)
        assert.notStrictEqual(yield* read(desk, "kraken://balances"), yield* read(cold, "kraken://balances"))
        for (let n = 0; n < 2000 && (ofDesk.length === 0 || toDesk.length === 0); n++) yield* Effect.sleep("20 millis")
        assert.deepStrictEqual([[...new Set(ofDesk)], ofCold], [[uri], []])
        assert.deepStrictEqual([[...new Set(toDesk)], toCold], [[uri], []])
      }),
    { timeout: 60_000 }
  )

  it.scopedLive("cannot go on with a session of another account", () =>
    Effect.gen(function* () {
      const { server, tokenOf } = yield* serveTwoAccounts()
      const [desk, cold] = [tokenOf("desk"), tokenOf("cold")]
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
  )

  it.scopedLive("cannot read or delete alerts of another account", () =>
    Effect.gen(function* () {
      const { clientOf } = yield* serveTwoAccounts()
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
      const made = yield* call(desk, "create_alert", { kind: "price", pair: "BTC/USD", above: "987654" })
      assert.isFalse(made.isError, made.text)
      const id = Number(made.answer.id ?? made.answer.alert?.id)
      const deleted = yield* call(cold, "delete_alert", { id })
      assert.notInclude((yield* call(cold, "list_alerts")).text, "987654")
      assert.notInclude(deleted.text, "987654")
      assert.include((yield* call(desk, "list_alerts")).text, "987654")
    })
  )

  it.scopedLive("finds no name of another account in anything that a model reads", () =>
    Effect.gen(function* () {
      const { clientOf } = yield* serveTwoAccounts()
      const cold = yield* clientOf("cold")
      const shown = JSON.stringify(
        yield* Effect.promise(() =>
          Promise.all([
            cold.listTools(),
            cold.listResources(),
            cold.listResourceTemplates(),
            cold.listPrompts(),
            Promise.resolve(cold.getInstructions())
          ])
        )
      )
      assert.notMatch(shown, /\bdesk\b|KRAKEN_DESK/i)
      const failing = [
        yield* call(cold, "get_trading_mode", { account: "desk" }),
        yield* call(cold, "get_account_balance", { account: "desk" }),
        yield* call(cold, "get_approval", { id: 1 }),
        yield* call(cold, "get_my_mandate"),
        yield* call(cold, "get_api_key_info")
      ]
      for (const { text } of failing) assert.notMatch(text.replaceAll('account":"desk', ""), /\bdesk\b/i)
    })
  )
})

describe("a token of a Kraken account", () => {
  it.scopedLive("is told by /ready of its own account only", () =>
    Effect.gen(function* () {
      const { exchanges, server, tokenOf } = yield* serveTwoAccounts()
      yield* exchanges.cold.admin("faults", { endpoint: "*", kind: "lockout", count: 1000 })
      const ready = server.url.replace(/\/mcp$/, "/ready")
      const ofCold = yield* send(ready, tokenOf("cold").token, {})
      assert.deepStrictEqual([ofCold.status, JSON.parse(ofCold.text).reason], [503, "key"])
      assert.notMatch(ofCold.text, /desk/i)
      const ofDesk = yield* send(ready, tokenOf("desk").token, {})
      assert.strictEqual(ofDesk.status, 200, ofDesk.text)
      assert.notMatch(ofDesk.text, /cold/i)
    })
  )

  it.scopedLive("is refused once its account was changed in the database", () =>
    Effect.gen(function* () {
      const { house, server, tokenOf } = yield* serveTwoAccounts()
      const { id, token } = tokenOf("desk")
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
  )
})
