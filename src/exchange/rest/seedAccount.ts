import { findAccount } from "../accounts/accounts.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { fixed, format } from "../base/fixed.ts"
import { replay } from "../commands/handle.ts"
import { type Exchange, makeExchange, type Settings } from "../state/state.ts"
import { syntheticMarket } from "../markets/synthetic/syntheticMarket.ts"
import type { RestExchange } from "./restExchange.ts"
import { type Credentials, makeKeys } from "./keys.ts"

const accountName = "main"

/** Balances of the seeded account at start. */
export const balances: Readonly<Record<string, string>> = {
  ZUSD: "50000",
  XXBT: "1.5",
  XETH: "10",
  SOL: "100",
  USDT: "2500",
  "DOT.S": "40.1"
}

/**
 * Balances before the seeded trades. The difference to {@link balances} is deposited afterwards. Staked assets can't be
 * deposited.
 */
const beforeTrading = { ZUSD: "40000", XXBT: "1", XETH: "8", SOL: "50", USDT: "2000", "DOT.S": "40.1" }

const minute = 60_000
const interval = 15 * minute

/** Number of seeded orders, such that each history has more than one page of 50. */
const rounds = 60

/** Seeded orders, placed in turn. */
const orders = [
  { pair: "XBTUSD", volume: "0.002" },
  { pair: "ETHUSD", volume: "0.05" },
  { pair: "SOLUSD", volume: "1" }
]

/** Makes an exchange that is ready to be served. `now` is in epoch milliseconds. */
export const makeRestExchange = (
  now: number,
  settings: Pick<Settings, "seed" | "rateLimits">,
  credentials: (name: string) => Credentials
): RestExchange => ({
  exchange: seededExchange(now, settings),
  account: accountName,
  keys: makeKeys(credentials, now),
  faults: [],
  unlisted: new Map(),
  tokens: new Map(),
  ahead: 0
})

/**
 * Makes an exchange on the synthetic market with most of a day's history: filled and cancelled orders, one open order,
 * trades, ledger entries, deposits, a finished export, and round balances.
 */
const seededExchange = (now: number, settings: Pick<Settings, "seed" | "rateLimits">): Exchange => {
  const begin = now - (rounds + 2) * interval
  const exchange = makeExchange(syntheticMarket(settings.seed), begin, settings)
  let time = begin
  const ask = (endpoint: string, params: Record<string, unknown>) => {
    const answer = replay(exchange, { endpoint, params, account: accountName, now: time })
    if ("errors" in answer) throw new Error(`${endpoint} in the seed data: ${answer.errors.join()}`)
  }

  ask("control/OpenAccount", { name: accountName, balances: beforeTrading })
  const account = findAccount(exchange, accountName)!
  for (let round = 0; round < rounds; round++) {
    const type = round % 2 === 0 ? "buy" : "sell"
    // Every fourth order is a limit order, which is cancelled if it is not filled within a quarter of an hour.
    const isLimit = round % 4 === 3
    const order = { ...orders[round % orders.length], type, userref: round }
    ask("private/AddOrder", {
      ...order,
      ...(isLimit ? { ordertype: "limit", price: "#0.05%" } : { ordertype: "market" })
    })
    time += interval
    ask("control/Advance", {})
    for (const txid of account.open.keys()) ask("private/CancelOrder", { txid })
  }
  ask("private/AddOrder", { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "#20%" })
  ask("private/AddExport", { report: "trades", description: "All trades", starttm: Math.floor(begin / 1000) })
  for (const [asset, amount] of Object.entries(balances)) {
    const { decimals } = assetOf(exchange.catalogue, asset)
    const missing = fixed(amount, decimals) - account.balances.get(asset)!
    if (missing > 0n)
      ask("control/Deposit", { account: accountName, asset, amount: format(missing, decimals), at_once: true })
  }
  time = now
  ask("control/Advance", {})
  return exchange
}
