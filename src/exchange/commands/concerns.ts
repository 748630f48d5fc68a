import { findAccount } from "../accounts/accounts.ts"
import type { Asset } from "../catalogue/assets.ts"
import { type Catalogue, findAsset, findHeld, findPair } from "../catalogue/catalogue.ts"
import type { Request } from "./handle.ts"
import type { Pair } from "../catalogue/pairs.ts"
import type { Exchange } from "../state/state.ts"
import { wayToDollars } from "../accounts/value.ts"

const trading = /^private\/(Add|Amend|Edit|Cancel)(?!Export)/
const valuing = /^private\/(TradeBalance|Earn\/Allocations)$/
const withdrawing = /^private\/Withdraw(Info)?$/
const showing = /^private\/Level3$/

export const hasConcerns = (endpoint: string): boolean =>
  [trading, valuing, withdrawing, showing].some((kind) => kind.test(endpoint))

/**
 * The pairs whose prices decide what a request does or answers: where a market has to be looked at to be known, these
 * have to be looked at first. An order is worth dollars, which its fee depends on; whoever changes or cancels orders has
 * to know what has been filled; an answer that adds up assets, and what is withdrawn under a limit in dollars, has to
 * know what they are worth. Of what an exchange knows, or of a catalogue that knows more.
 */
export const concerns = (
  x: Exchange,
  { account: name, endpoint, params }: Pick<Request, "account" | "endpoint" | "params">,
  catalogue: Catalogue = x.catalogue
): ReadonlyArray<Pair> => {
  const account = name === undefined ? undefined : findAccount(x, name)
  const named = findPair(catalogue, String(params?.["pair"]))
  const open = [...(account?.open.values() ?? [])].flatMap(({ pair }) => catalogue.pairs.get(pair.id) ?? [])
  const pairs = new Set<Pair>()
  const addWorth = (assets: ReadonlyArray<Asset>) => {
    for (const asset of assets) for (const { pair } of wayToDollars(catalogue, asset) ?? []) pairs.add(pair)
  }
  if (trading.test(endpoint)) {
    for (const pair of named === undefined ? open : [named]) pairs.add(pair)
    addWorth(Array.from(pairs, ({ quote }) => quote))
  }
  const converted = [params?.["asset"], params?.["converted_asset"]].flatMap(
    (name) => findAsset(catalogue, String(name)) ?? []
  )
  if (valuing.test(endpoint)) {
    const held = [...(account?.balances.keys() ?? [])].flatMap((balance) => findHeld(catalogue, balance) ?? [])
    addWorth([...held, ...open.map(({ base }) => base), ...converted])
  }
  if (withdrawing.test(endpoint)) addWorth(converted)
  if (showing.test(endpoint) && named !== undefined) pairs.add(named)
  // What is no more can't be looked at.
  return [...pairs].filter(({ id }) => catalogue !== x.catalogue || x.venues.get(id)?.status !== "delisted")
}
