import { ledgerTypes } from "../../domain/endpoints/account.ts"
import type { Endpoint } from "../wire/call.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { assetNamed, list, oneOf, required } from "../wire/params.ts"
import { page } from "../wire/paging.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import { showEntry } from "../wire/show.ts"
import type { Exchange } from "../state/state.ts"
import { inWindow, windowOf } from "./orders.ts"

export const Ledgers: Endpoint = (exchange, { account, key, params }) => {
  const names = list(params, "asset")?.filter((name) => name !== "all")
  const wanted = names?.map((name) => isOf(exchange, name))
  const type = oneOf(params, "type", ledgerTypes) ?? "all"
  const aclass = oneOf(params, "aclass", ["currency", "tokenized_asset"]) ?? "currency"
  const found = page(account.ledger, params, {
    keepsGroup: (group) => {
      const [asset = "", itsType] = group.split(" ")
      return (
        assetOf(exchange.catalogue, asset).class === aclass &&
        (type === "all" || itsType === type) &&
        (wanted === undefined || wanted.length === 0 || wanted.some((isWanted) => isWanted(asset)))
      )
    },
    keeps: windowOf(key, ({ time }) => time),
    times: ({ time }) => [time],
    timeOf: (id) => account.ledger.get(id)?.time
  })
  return {
    ledger: Object.fromEntries(found.page.map((entry) => [entry.id, showEntry(exchange, entry)])),
    ...found.count
  }
}

/**
 * Matches balances by name. An asset matches all its balances; a name with a suffix such as `DOT.B` matches only that
 * balance.
 */
const isOf = (exchange: Exchange, name: string): ((balance: string) => boolean) => {
  const [asset = "", suffix] = name.split(/(?=\.[A-Z]$)/)
  const { id } = assetNamed(exchange, asset)
  return (balance) => (suffix === undefined ? assetOf(exchange.catalogue, balance).id === id : balance === id + suffix)
}

export const QueryLedgers: Endpoint = (exchange, { account, key, params }) => {
  const ids = list({ id: required(params, "id") }, "id")!
  if (ids.length > 20) throw invalid("id")
  return Object.fromEntries(
    ids.map((id) => {
      const entry = account.ledger.get(id)
      if (entry === undefined || !inWindow(key, entry.time)) throw new Refusal("EGeneral:Invalid arguments:id")
      return [id, showEntry(exchange, entry)]
    })
  )
}
