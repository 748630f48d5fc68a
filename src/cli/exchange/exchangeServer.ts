import { Clock, Console, Effect, Option, Redacted } from "effect"
import { parseFault } from "../../exchange/rest/faults.ts"
import type { RestExchange } from "../../exchange/rest/restExchange.ts"
import { keyKinds } from "../../exchange/rest/keys.ts"
import { balances, makeRestExchange } from "../../exchange/rest/seedAccount.ts"
import { serveExchange } from "../../layers/exchange/ExchangeHttp.ts"
import { makeCredentials } from "../../layers/exchange/keys.ts"
import { UsageError } from "../kit/errors.ts"
import { table } from "../kit/textTable.ts"

export interface Options {
  readonly port: number
  readonly wsPort: Option.Option<number>
  readonly host: string
  readonly seed: Option.Option<number>
  readonly json: boolean
  readonly noRateLimits: boolean
  readonly faults: ReadonlyArray<string>
}

/** Serves a simulated Kraken until the process receives a signal to stop. */
export const serve = Effect.fn("exchange")(function* (options: Options) {
  const { host, json, noRateLimits, port } = options
  if (!isPort(port)) return yield* new UsageError({ message: "--port: expected a port from 0 to 65535" })
  const wsPort = Option.getOrElse(options.wsPort, () => (port === defaultPort ? defaultPort + 1 : 0))
  if (!isPort(wsPort)) return yield* new UsageError({ message: "--ws-port: expected a port from 0 to 65535" })
  const seed = Option.getOrUndefined(options.seed)
  const now = yield* Clock.currentTimeMillis
  const rest = makeRestExchange(now, { seed: seed ?? 1, rateLimits: !noRateLimits }, makeCredentials(seed))
  rest.faults.push(...(yield* Effect.forEach(options.faults, readFault)))
  const { ended, url, wsUrl } = yield* serveExchange(rest, { host, port, wsPort })
  yield* Console.log(json ? JSON.stringify({ url, wsUrl, keys: keysOf(rest) }) : welcome(rest, url, wsUrl))
  return yield* ended
}, Effect.scoped)

/** The port of the REST API unless another is given. The WebSocket then has the next one, otherwise any free port. */
const defaultPort = 8766

const isPort = (port: number): boolean => port >= 0 && port <= 65_535

const readFault = (text: string) => {
  const fault = parseFault(text)
  return typeof fault === "string" ? new UsageError({ message: `--fault: ${fault}` }) : Effect.succeed(fault)
}

const keysOf = ({ keys }: RestExchange) =>
  Array.from(keys.values(), ({ key, name, otp, secret }) => ({ name, key, secret: Redacted.value(secret), otp }))

const welcome = (rest: RestExchange, url: string, wsUrl: string): string => {
  const keys = keysOf(rest)
  const full = keys[0]!
  const held = Object.entries(balances).map(([asset, amount]) => `${amount} ${asset}`)
  return [
    `A simulated Kraken answers at ${url}: ${rest.exchange.market.name}, no margin trading.`,
    `Its WebSocket (version 2): ${wsUrl}/v2 for market data, ${wsUrl}/auth/v2 for the account.`,
    `Its account holds ${held.join(", ")}.`,
    "",
    table(
      "API keys of the account",
      ["Name", "Key", "Secret", ""],
      keys.map(({ key, name, secret }) => [name, key, secret, keyKinds[name]!.about])
    ),
    "",
    "To use it with mcp-kraken:",
    `  KRAKEN_BASE_URL=${url} KRAKEN_API_KEY=${full.key} KRAKEN_API_SECRET=${full.secret} mcp-kraken serve --host localhost`,
    "",
    `To inject faults, or to move its clock forward: ${url}/admin (mcp-kraken exchange --help)`
  ].join("\n")
}
