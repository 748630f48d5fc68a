import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { Effect } from "effect"
import { createServer, type IncomingMessage, request } from "node:http"
import type { AddressInfo } from "node:net"
import { type RawData, WebSocket, WebSocketServer } from "ws"
import { findAccount } from "../../src/exchange/accounts/accounts.ts"
import { open } from "../../src/layers/http/listen.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { type House, houseBeside, overHttp, run, startHttp } from "./Server.ts"

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

/** A text that an exchange sent on the WebSocket of an account. */
interface Streamed {
  readonly account: Name
  readonly text: string
}

const textOf = (message: IncomingMessage, use: (text: string) => void) => {
  let text = ""
  message.setEncoding("utf8").on("data", (part: string) => {
    text += part
  })
  message.on("end", () => use(text))
}

/** Finds the token of Kraken's WebSocket in a message. */
const tokenIn = (text: string): string | undefined => /"token":\s*"([^"]+)"/.exec(text)?.[1]

/**
 * Serves one address for two exchanges, as Kraken has one for all accounts: a private call goes to the exchange that has its
 * API key, and a private WebSocket to the one that made its token. A call with another key or token is kept in `strays`.
 */
const proxyByKey = Effect.fnUntraced(function* (
  accountOf: ReadonlyMap<string, Name>,
  exchanges: Record<Name, { readonly url: string; readonly wsUrl: string }>
) {
  const passed: Array<Passed> = []
  const streamed: Array<Streamed> = []
  const strays: Array<string> = []
  const accountOfToken = new Map<string, Name>()
  // Node closes idle connections after five seconds, which a client that uses one at that moment sees as a failure.
  const server = createServer({ keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
    const path = incoming.url ?? ""
    const key = incoming.headers["api-key"]
    const account = key === undefined ? undefined : accountOf.get(String(key))
    if (key !== undefined && account === undefined) strays.push(path)
    const { host: _host, connection: _connection, ...headers } = incoming.headers
    textOf(incoming, (body) =>
      request(exchanges[account ?? "desk"].url + path, { method: incoming.method, headers }, (response) =>
        textOf(response, (answer) => {
          if (account !== undefined) passed.push({ account, path, request: body, answer })
          const token = path.endsWith("/GetWebSocketsToken") ? tokenIn(answer) : undefined
          if (account !== undefined && token !== undefined) accountOfToken.set(token, account)
          const type = response.headers["content-type"] ?? "application/json"
          outgoing.writeHead(response.statusCode ?? 500, { "content-type": type }).end(answer)
        })
      )
        .on("error", () => outgoing.destroy())
        .end(body)
    )
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on("upgrade", (incoming, socket, head) => {
    sockets.handleUpgrade(incoming, socket, head, (client) => {
      const path = incoming.url ?? ""
      let exchange: WebSocket | undefined
      const connect = (name: Name, first: string | undefined) => {
        const to = new WebSocket(exchanges[name].wsUrl + path)
        exchange = to
        to.on("open", () => first !== undefined && to.send(first))
        to.on("message", (data: RawData) => {
          if (path === "/auth/v2") streamed.push({ account: name, text: String(data) })
          client.send(String(data))
        })
        to.on("error", () => client.terminate()).on("close", () => client.terminate())
      }
      if (path === "/v2") connect("desk", undefined)
      client.on("message", (data: RawData) => {
        const text = String(data)
        if (exchange?.readyState === WebSocket.OPEN) return exchange.send(text)
        if (exchange !== undefined) return exchange.once("open", () => exchange?.send(text))
        const name = accountOfToken.get(tokenIn(text) ?? "")
        if (name !== undefined) return connect(name, text)
        strays.push(path)
        return client.terminate()
      })
      client.on("error", () => client.terminate()).on("close", () => exchange?.terminate())
    })
  })
  yield* Effect.acquireRelease(open(server, { host: "127.0.0.1", port: 0 }), () =>
    Effect.sync(() => {
      for (const client of sockets.clients) client.terminate()
      server.close()
      server.closeAllConnections()
    })
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, wsUrl: `ws://127.0.0.1:${port}`, passed, strays, streamed }
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
  const proxy = yield* proxyByKey(accountOf, exchanges)
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
      KRAKEN_WS_URL: `${proxy.wsUrl}/v2`,
      KRAKEN_WS_AUTH_URL: `${proxy.wsUrl}/auth/v2`,
      ...more
    }
  }
  return { exchanges, proxy, house }
})

/** The built server on these, over HTTP. */
export const serveTwoAccounts = Effect.fnUntraced(function* (more: Record<string, string> = {}, rateLimits = false) {
  const { exchanges, house, proxy } = yield* makeTwoExchanges(more, rateLimits)
  const server = yield* startHttp(house)
  /** Makes a token of an account. */
  const tokenOf = Effect.fn("tokenOf")(function* (name: Name, limits: ReadonlyArray<string> = []) {
    const { stdout, stderr } = yield* run(
      ["token", "create", `agent-${String(limits.length)}`, "--account", name, ...limits, "--json"],
      house.variables
    )
    if (stdout === "") return yield* Effect.dieMessage(stderr)
    return JSON.parse(stdout) as { readonly id: string; readonly token: string }
  })
  const clientOf = (name: Name, limits: ReadonlyArray<string> = []) =>
    Effect.flatMap(tokenOf(name, limits), ({ token }) => overHttp({ url: server.url, token }))
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
