import { Console, Context, Data, Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { assetOf, findAsset } from "../../exchange/catalogue/catalogue.ts"
import type { Answer } from "../../exchange/commands/handle.ts"
import { recordedMarket } from "../../exchange/markets/recorded/recordedMarket.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import { PaperAccounts, PaperAccountsKept } from "../../layers/paper/PaperAccounts.ts"
import type { AccountId } from "../../layers/paper/accountId.ts"
import { MarketFeed } from "../../layers/paper/MarketFeed.ts"
import { makeUpdateCatalogue } from "../../layers/paper/updateCatalogue.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { MarketFeedSynthetic } from "../../layers/paper/MarketFeedSynthetic.ts"
import { Config } from "../../services/Config.ts"
import { type Gains, gainsOf } from "./gains.ts"
import { isMissing } from "../kit/isMissing.ts"
import { UsageError } from "../kit/errors.ts"
import { load } from "../../layers/process/load.ts"
import { table } from "../kit/textTable.ts"

export interface Which {
  readonly account: Option.Option<string>
  readonly market: Option.Option<"synthetic" | "live">
  readonly json: boolean
  readonly envFile: Option.Option<string>
}

/** The live market as recorded in the journal, without any request. */
const MarketFeedRecorded = Layer.succeed(MarketFeed, {
  kind: "live",
  name: "live market",
  open: () => recordedMarket("live market"),
  lists: () => Effect.succeedNone,
  observe: () => Effect.succeed([]),
  read: () => Effect.succeedNone
})

/** There is no such paper account: exit code 1. */
export class NoPaperAccount extends Data.TaggedError("NoPaperAccount")<{ readonly message: string }> {}

/** Finds the chosen account and opens the accounts on its market. Fails unless exactly one account fits. */
const open = Effect.fnUntraced(function* (which: Which) {
  const file = join((yield* Config).stateDir, "paper.db")
  // A question must not make the file.
  if (isMissing(file)) return yield* new NoPaperAccount({ message: noAccount(file) })
  const onSynthetic = yield* accountsOn("synthetic")
  const all = yield* onSynthetic.list
  const found = all.filter(
    ({ account, market }) =>
      Option.getOrElse(which.account, () => account) === account &&
      Option.getOrElse(which.market, (): string => market) === market
  )
  const [only, other] = found
  if (only === undefined)
    return yield* new NoPaperAccount({ message: all.length === 0 ? noAccount(file) : choose(all, found) })
  if (other !== undefined) return yield* new UsageError({ message: choose(all, found) })
  return { ...only, accounts: only.market === "live" ? yield* accountsOn("live") : onSynthetic }
})

/** Opens the existing accounts on a market. */
export const accountsOn = (market: "synthetic" | "live") =>
  Effect.map(
    Layer.build(Layer.provideMerge(PaperAccountsKept, market === "live" ? MarketFeedRecorded : MarketFeedSynthetic)),
    (context) => Context.get(context, PaperAccounts)
  )

/** Records Kraken's details of an asset that is not in the account's catalogue yet. */
const addAsset = Effect.fnUntraced(function* (account: string, asset: string, { envFile }: Pick<Which, "envFile">) {
  const { LiveMarketOnce } = yield* load(() => import("../../server/paperMarket.ts"))
  const context = yield* Layer.build(
    Layer.provideMerge(PaperAccountsKept, LiveMarketOnce).pipe(Layer.provide(ConfigEnv(Needs.paperLearn, envFile)))
  )
  const updateCatalogue = makeUpdateCatalogue(Context.get(context, PaperAccounts), Context.get(context, MarketFeed))
  yield* Effect.mapError(
    updateCatalogue(account, { endpoint: "control/Deposit", params: { asset } }),
    ({ message }) => new UsageError({ message })
  )
})

const noAccount = (file: string) =>
  `There is no paper account yet in ${file}: the first call of a client opens one (serve --paper).`

/** Words the error for a choice of none or several accounts. */
const choose = (all: ReadonlyArray<AccountId>, found: ReadonlyArray<AccountId>): string => {
  const list = (found.length === 0 ? all : found).map(
    ({ account, market }) => `  --account ${account} --market ${market}`
  )
  const why =
    found.length === 0
      ? "There is no such paper account. These exist:"
      : "There are several paper accounts. Choose one:"
  return [why, ...list].join("\n")
}

/** Provides the settings that the command uses. */
const prepared =
  (needs: Needs.Needs) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>, { envFile }: Which) =>
    effect.pipe(Effect.scoped, Effect.provide(ConfigEnv(needs, envFile)))

/** Returns the result of a call, or fails with the exchange's errors. */
const resultOf = (answer: Answer) =>
  "errors" in answer
    ? new UsageError({ message: `The simulated exchange refused this: ${answer.errors.join("; ")}` })
    : Effect.succeed(Object(answer.result))

/** Prints balances and open orders of an account. */
export const show = Effect.fn("paper.show")(function* (which: Which) {
  const { account, accounts, market } = yield* open(which)
  const ask = (name: string) =>
    Effect.flatMap(accounts.ask(account, { endpoint: `private/${name}`, params: {} }), resultOf)
  const catalogue = yield* accounts.catalogue(account)
  const balances = Object.entries<Record<string, string>>(yield* ask("BalanceEx")).map(
    ([id, { balance, hold_trade }]) => ({
      asset: assetOf(catalogue, id).display + (/\.[A-Z]$/.exec(id)?.[0] ?? ""),
      balance,
      in_orders: hold_trade
    })
  )
  const orders = Object.entries<{ readonly descr: { readonly order: string }; readonly status: string }>(
    (yield* ask("OpenOrders")).open
  ).map(([txid, { descr, status }]) => ({ txid, order: descr.order, status }))
  const { file } = accounts
  const gains = yield* accounts.inspect(account, (exchange) => gainsOf(exchange, account))
  if (which.json)
    return yield* Console.log(
      JSON.stringify({ account, market, file, balances, open_orders: orders, since_start: gains })
    )
  const cells = (rows: ReadonlyArray<object>) => rows.map((row) => Object.values(row).map(String))
  yield* Console.log(
    [
      table(`Paper account ${account}, ${market} market (${file})`, ["Asset", "Balance", "In orders"], cells(balances)),
      ...(gains === undefined ? [] : ["", gainsTable(gains)]),
      "",
      orders.length === 0 ? "No open orders." : table("Open orders", ["Id", "Order", "Status"], cells(orders))
    ].join("\n")
  )
}, prepared(Needs.paper))

/** Prints the gains of an account since it began. */
const gainsTable = ({ currency, gain = "not known", unknown, value, ...parts }: Gains): string =>
  [
    table(
      `Since the account began, in ${currency}`,
      ["", currency],
      [["Value now", value], ["Gain", gain], ...Object.entries(parts).map(([name, sum]) => [`  ${name}`, sum])]
    ),
    ...(unknown.length === 0 ? [] : [`Not known: ${unknown.join(", ")}.`])
  ].join("\n")

/** Deposits into an account. Running servers see the change at their next call. */
export const deposit = Effect.fn("paper.deposit")(function* ({
  amount,
  asset,
  ...which
}: Which & { readonly asset: string; readonly amount: string }) {
  const { account, accounts, market } = yield* open(which)
  const find = Effect.map(accounts.catalogue(account), (catalogue) => findAsset(catalogue, asset))
  if (market === "live" && (yield* find) === undefined) yield* addAsset(account, asset, which)
  const known = yield* find
  if (known === undefined) {
    const { assets } = yield* accounts.catalogue(account)
    const names = Array.from(assets.values(), ({ display }) => display).join(", ")
    const expected = market === "live" ? "an asset that Kraken lists, such as" : "one of"
    return yield* new UsageError({ message: `ASSET: expected ${expected} ${names}, got ${JSON.stringify(asset)}` })
  }
  const params = { account, asset: known.id, amount, at_once: true, or_adjust: true }
  const { refid } = yield* Effect.flatMap(
    accounts.carryOut(account, [{ endpoint: "control/Deposit", params }]),
    resultOf
  )
  if (which.json) return yield* Console.log(JSON.stringify({ account, asset: known.display, amount, refid }))
  yield* Console.log(`Deposited ${amount} ${known.display} into the paper account ${account}.`)
}, prepared(Needs.paper))

/** Goes on from the state that is there, after the newest entries of an account were lost. */
export const accept = Effect.fn("paper.accept")(function* (which: Which) {
  const { account, accounts, market } = yield* open(which)
  const last = yield* accounts.accept(account)
  if (which.json) return yield* Console.log(JSON.stringify({ account, market, last_entry: last }))
  yield* Console.log(`The paper account ${account} on the ${market} market goes on after its entry ${last}.`)
}, prepared(Needs.paper))

/** Resets an account to the starting balances. Running servers see the change at their next call. */
export const reset = Effect.fn("paper.reset")(function* (which: Which) {
  const { account, accounts, market } = yield* open(which)
  const { paperBalances } = yield* Config
  yield* accounts.reset(account)
  if (which.json) return yield* Console.log(JSON.stringify({ account, market, balances: paperBalances }))
  const balances = Object.entries(paperBalances).map(([asset, amount]) => `${amount} ${asset}`)
  yield* Console.log(
    `The paper account ${account} on the ${market} market was reset to ${balances.join(", ")}. Its old balances and orders are gone.`
  )
}, prepared(Needs.paperReset))
