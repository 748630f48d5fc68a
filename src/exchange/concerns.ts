import { findAccount } from "./accounts.ts"
import type { Asset } from "./assets.ts"
import { assetOf, findAsset, findPair } from "./catalogue.ts"
import type { Request } from "./handle.ts"
import type { Pair } from "./pairs.ts"
import type { Account, Exchange } from "./state.ts"
import { wayToDollars } from "./value.ts"

const trading = /^private\/(Add|Amend|Edit|Cancel)/
const valuing = /^private\/(TradeBalance|Earn\/Allocations)$/
const withdrawing = /^private\/Withdraw(Info)?$/

/**
 * The pairs whose prices decide what a request does or answers: where a market has to be looked at to be known, these
 * have to be looked at first. An order is worth dollars, which its fee depends on; whoever changes or cancels orders has
 * to know what has been filled; an answer that adds up assets, and what is withdrawn under a limit in dollars, has to know what they are worth.
 */
export const concerns = (
  x: Exchange,
  { account: name, endpoint, params }: Pick<Request, "account" | "endpoint" | "params">
): ReadonlyArray<Pair> => {
  const account = name === undefined ? undefined : findAccount(x, name)
  const named = findPair(x.catalogue, String(params?.["pair"]))
  const open = [...(account?.open.values() ?? [])].map(({ pair }) => pair)
  const worth = (assets: Iterable<Asset>) =>
    [...assets].flatMap((asset) => wayToDollars(x.catalogue, asset)?.map(({ pair }) => pair) ?? [])
  const pairs = new Set<Pair>()
  if (trading.test(endpoint)) for (const pair of named === undefined ? open : [named]) pairs.add(pair)
  const assets = trading.test(endpoint)
    ? [...pairs].map(({ quote }) => quote)
    : valuing.test(endpoint)
      ? [...held(x, account), ...open.map(({ base }) => base), ...converted(x, params)]
      : withdrawing.test(endpoint)
        ? converted(x, params)
        : []
  for (const pair of worth(assets)) pairs.add(pair)
  return [...pairs]
}

const held = ({ catalogue }: Exchange, account: Account | undefined) =>
  Array.from(account?.balances.keys() ?? [], (balance) => assetOf(catalogue, balance))

const converted = ({ catalogue }: Exchange, params: Request["params"]) =>
  [params?.["asset"], params?.["converted_asset"]].flatMap((name) => findAsset(catalogue, String(name)) ?? [])
