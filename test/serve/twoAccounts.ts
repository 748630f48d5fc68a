import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { Effect } from "effect"
import { createServer, type IncomingMessage, request } from "node:http"
import type { AddressInfo } from "node:net"
import { findAccount } from "../../src/exchange/accounts/accounts.ts"
import { open } from "../../src/layers/http/listen.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { type House, houseBeside, overHttp, run, serveHttp } from "./Server.ts"

/** The accounts of the server, each at a simulated exchange of its own. */
export const names = ["desk", "cold"] as const
export type Name = (typeof names)[number]

type Exchange = Effect.Effect.Success<ReturnType<typeof servedExchange>>

/** A private call that came through the proxy. */
interface Passed {
  readonly account: Name
  readonly path: string
  readonly request: string
  readonly answer: string
}

const textOf = (message: IncomingMessage, use: (text: string) => void) => {
  let text = ""
  message.setEncoding("utf8").on("data", (part: string) => {
    text += part
  })
  message.on("end", () => use(text))
}

/**
 * Serves one address for two exchanges, as Kraken has one for all accounts: a private call goes to the exchange that has its
 * API key. A call with another key is kept in `strays`.
 */
const proxyByKey = Effect.fnUntraced(function* (accountOf: ReadonlyMap<string, Name>, url: Record<Name, string>) {
  const passed: Array<Passed> = []
  const strays: Array<string> = []
  // Node closes idle connections after five seconds, which a client that uses one at that moment sees as a failure.
  const server = createServer({ keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
    const path = incoming.url ?? ""
    const key = incoming.headers["api-key"]
    const account = key === undefined ? undefined : accountOf.get(String(key))
    if (key !== undefined && account === undefined) strays.push(path)
    const { host: _host, connection: _connection, ...headers } = incoming.headers
    textOf(incoming, (body) =>
      request(url[account ?? "desk"] + path, { method: incoming.method, headers }, (response) =>
        textOf(response, (answer) => {
          if (account !== undefined) passed.push({ account, path, request: body, answer })
          const type = response.headers["content-type"] ?? "application/json"
          outgoing.writeHead(response.statusCode ?? 500, { "content-type": type }).end(answer)
        })
      )
        .on("error", () => outgoing.destroy())
        .end(body)
    )
  })
  yield* Effect.acquireRelease(open(server, { host: "127.0.0.1", port: 0 }), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, passed, strays }
})

/** Lists the open orders of an exchange. */
export const openOrdersOf = ({ rest }: Exchange) => [...(findAccount(rest.exchange, rest.account)?.open.values() ?? [])]

/** Two exchanges behind one address, and the settings of a server with an account at each. */
export const makeTwoExchanges = Effect.fnUntraced(function* (more: Record<string, string> = {}, rateLimits = false) {
  const exchanges = {
    desk: yield* servedExchange({ seed: 1, rateLimits }),
    cold: yield* servedExchange({ seed: 2, rateLimits })
  }
  const pairOf = (name: Name) => exchanges[name].keys["full"] ?? { key: "", secret: "" }
  const accountOf = new Map(names.map((name) => [pairOf(name).key, name] as const))
  const { desk, cold } = exchanges
  const proxy = yield* proxyByKey(accountOf, { desk: desk.url, cold: cold.url })
  const { folder, variables } = yield* houseBeside(proxy.url, pairOf("desk"))
  const { KRAKEN_API_KEY: _key, KRAKEN_API_SECRET: _secret, ...others } = variables
  const house: House = {
    folder,
    variables: {
      ...others,
      MCP_KRAKEN_ACCOUNTS: names.join(","),
      KRAKEN_DESK_API_KEY: pairOf("desk").key,
      KRAKEN_DESK_API_SECRET: pairOf("desk").secret,
      KRAKEN_COLD_API_KEY: pairOf("cold").key,
      KRAKEN_COLD_API_SECRET: pairOf("cold").secret,
      MCP_KRAKEN_TOOLSETS: "all",
      ...more
    }
  }
  return { exchanges, proxy, house }
})

/** The built server on these, over HTTP. */
export const serveTwoAccounts = Effect.fnUntraced(function* (more: Record<string, string> = {}, rateLimits = false) {
  const { exchanges, house, proxy } = yield* makeTwoExchanges(more, rateLimits)
  const server = yield* serveHttp(house)
  /** Makes a token of an account. */
  const tokenOf = (name: Name, limits: ReadonlyArray<string> = []) => {
    const { stdout, stderr } = run(
      ["token", "create", `agent-${String(limits.length)}`, "--account", name, ...limits, "--json"],
      house.variables
    )
    if (stdout === "") throw new Error(stderr)
    return JSON.parse(stdout) as { readonly id: string; readonly token: string }
  }
  const clientOf = (name: Name, limits: ReadonlyArray<string> = []) =>
    overHttp({ url: server.url, token: tokenOf(name, limits).token })
  return { exchanges, house, proxy, server, tokenOf, clientOf }
})

/** Calls a tool. */
export const call = (client: Client, name: string, args: Record<string, unknown> = {}) =>
  Effect.map(
    Effect.promise(() => client.callTool({ name, arguments: args })),
    ({ content, isError, structuredContent }) => ({
      isError: isError === true,
      text: JSON.stringify(content),
      answer: Object(structuredContent)
    })
  )
