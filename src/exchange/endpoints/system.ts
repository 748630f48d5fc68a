import type { Asset } from "../catalogue/assets.ts"
import type { PublicEndpoint } from "../wire/call.ts"
import { assetNamed, names, oneOf, pairNamed, text } from "../wire/params.ts"
import { type PairState, pairStateOf } from "../state/state.ts"
import { iso, rfc1123 } from "../base/text.ts"

export const Time: PublicEndpoint = (exchange) => ({
  unixtime: Math.floor(exchange.now / 1000),
  rfc1123: rfc1123(exchange.now)
})

export const SystemStatus: PublicEndpoint = (exchange) => ({
  status: exchange.status,
  timestamp: iso(exchange.now),
  upcoming_maintenance: [],
  emergency: []
})

export const MaintenanceSchedule: PublicEndpoint = () => ({ events: [] })

export const Assets: PublicEndpoint = (exchange, params) => {
  const aclass = oneOf(params, "aclass", ["currency", "tokenized_asset"]) ?? "currency"
  const found =
    names(params, "asset")?.map((name) => assetNamed(exchange, name)) ??
    [...exchange.catalogue.assets.values()].filter((asset) => asset.class === aclass)
  const display = text(params, "assetVersion") === "1"
  return Object.fromEntries(found.map((asset) => [display ? asset.display : asset.id, showAsset(asset)]))
}

export const AssetPairs: PublicEndpoint = (exchange, params) => {
  const aclass = oneOf(params, "aclass_base", ["currency", "tokenized_asset"]) ?? "currency"
  const info = oneOf(params, "info", ["info", "leverage", "fees", "margin"]) ?? "info"
  const display = text(params, "assetVersion") === "1"
  const found =
    names(params, "pair")?.map((name) => [pairNamed(exchange, { asset_class: aclass }, name), name] as const) ??
    [...exchange.catalogue.pairs.values()]
      .filter(({ base }) => base.class === aclass)
      .map((pair) => [pair, pair.id] as const)
  return Object.fromEntries(
    found.map(([pair, name]) => [
      display || name.includes("/") ? pair.display : pair.id,
      parts(pairStateOf(exchange, pair), display)[info]
    ])
  )
}

const showAsset = (asset: Asset) => ({
  aclass: asset.class,
  altname: asset.altname,
  decimals: asset.decimals,
  display_decimals: asset.displayDecimals,
  ...(asset.collateral !== undefined && { collateral_value: asset.collateral }),
  status: "enabled",
  ...(asset.marginRate !== undefined && { margin_rate: asset.marginRate })
})

/**
 * Prints a pair as AssetPairs does. Fee tables are empty, as they are at Kraken since 2026; TradeVolume has the fees.
 */
const parts = ({ pair, status }: PairState, display: boolean) => {
  const leverage = { leverage_buy: pair.leverage, leverage_sell: pair.leverage }
  const fees = { fees: [], fees_maker: [], fee_volume_currency: "ZUSD" }
  const margin = { margin_call: 80, margin_stop: 40 }
  const info = {
    altname: pair.altname,
    wsname: pair.wsname,
    aclass_base: pair.base.class,
    base: display ? pair.base.display : pair.base.id,
    aclass_quote: pair.quote.class,
    quote: display ? pair.quote.display : pair.quote.id,
    lot: "unit",
    cost_decimals: pair.costDecimals,
    pair_decimals: pair.priceDecimals,
    lot_decimals: pair.lotDecimals,
    lot_multiplier: 1,
    ...leverage,
    ...fees,
    ...margin,
    ordermin: pair.text.ordermin,
    costmin: pair.text.costmin,
    tick_size: pair.text.tick,
    status,
    ...(pair.positionLimits && {
      long_position_limit: pair.positionLimits[0],
      short_position_limit: pair.positionLimits[1]
    }),
    execution_venue: "international"
  }
  return { info, leverage, fees, margin }
}
