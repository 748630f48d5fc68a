import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Effect } from "effect"
import { join } from "node:path"
import { execPath } from "node:process"
import { exchange, operator } from "./programs.ts"

const passphrase = "correct horse battery staple"

/**
 * Plays an agent with a budget on a simulated Kraken: an order whose answer is lost, one that a person has to approve, one
 * above the budget, and the emergency stop. Lines of the agent begin with `>`, of the operator with `$`, of the narrator
 * with `#`.
 */
export const guarded = Effect.fnUntraced(function* (entry: string, folder: string, say: (line: string) => void) {
  const { keys, url } = yield* exchange(entry)
  const account = keys.find(({ name }) => name === "full")
  const variables = {
    KRAKEN_API_KEY: account?.key ?? "",
    KRAKEN_API_SECRET: account?.secret ?? "",
    KRAKEN_BASE_URL: url,
    MCP_KRAKEN_STATE_DIR: folder,
    MCP_KRAKEN_TOKEN_DB: join(folder, "tokens.db"),
    MCP_KRAKEN_LOG_LEVEL: "CRITICAL",
    MCP_KRAKEN_BUDGET: "1000USD",
    MCP_KRAKEN_ASK: "above=100USD"
  }
  const byOperator = (args: ReadonlyArray<string>, secret?: string) => operator(entry, args, variables, secret)
  const use = yield* connect(entry, variables)
  const order = Effect.fnUntraced(function* (volume: string, price: string) {
    say(`> add_order buy ${volume} BTC/USD, limit ${price}`)
    return yield* use("add_order", { pair: "BTC/USD", type: "buy", ordertype: "limit", volume, price })
  })

  yield* byOperator(["operator", "init"], passphrase)
  say("# A simulated Kraken. The agent has a budget of 1000 USD; above 100 USD it needs a person.")
  const [book] = yield* use("get_order_book", { pair: "BTC/USD", count: 1 })
  const price = roundedDown(JSON.parse(book ?? "").bids[0][0])

  say("")
  say("# Kraken accepts this order, and its answer is lost.")
  yield* Effect.promise(() =>
    fetch(`${url}/admin/faults`, {
      method: "POST",
      body: JSON.stringify({ endpoint: "AddOrder", kind: "drop-after-accept", count: 1 })
    })
  )
  const [found, receipt] = yield* order("0.0005", price)
  const { settled, txid } = JSON.parse(found ?? "")
  say(`  placed ${txid[0]}: ${settled.how}`)
  say(`  ${receipt}`)

  say("")
  const [pending = ""] = yield* order("0.0018", price)
  say(`  ${firstLine(pending)}`)
  const [{ id }] = JSON.parse(yield* byOperator(["approvals", "list", "--json"]))
  say(`$ mcp-kraken approvals approve ${id}`)
  say("  Passphrase: ••••••••")
  say(`  ${lastLine(yield* byOperator(["approvals", "approve", String(id)], passphrase))}`)
  say(`> get_approval ${id}`)
  const [answered] = yield* use("get_approval", { id, wait_s: 20 })
  const { ids, state } = JSON.parse(answered ?? "")
  say(`  ${state}: ${ids[0]}`)

  say("")
  const [refused = ""] = yield* order("0.05", price)
  say(`  ${firstLine(refused)}`)
  say(`  ${firstLine(refused.slice(refused.indexOf("\n") + 1))}`)

  say("")
  say("$ mcp-kraken panic")
  const stopped = (yield* byOperator(["panic"])).split("\n")
  for (const line of stopped.slice(0, 2)) say(`  ${line}`)
})

/** Connects an agent over stdio. A call returns the texts of its answer, also of a refusal. */
const connect = (entry: string, env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(() => {
      const client = new Client({ name: "demo", version: "0" })
      const transport = new StdioClientTransport({
        command: execPath,
        args: [entry, "serve", "--stdio"],
        env,
        stderr: "inherit"
      })
      return client.connect(transport).then(() => client)
    }),
    (client) => Effect.promise(() => client.close())
  ).pipe(
    Effect.map(
      (client) => (name: string, args: Record<string, unknown>) =>
        Effect.map(
          Effect.promise(() => client.callTool({ name, arguments: args })),
          ({ content }) => (content as ReadonlyArray<{ readonly text: string }>).map(({ text }) => text)
        )
    )
  )

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? ""

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? ""

/** The next lower price in whole thousands, so that the order waits. */
const roundedDown = (price: string): string => `${price.split(".", 1)[0]?.slice(0, -3)}000`
