import { Effect, Either, Option, Schema, Struct } from "effect"
import type { Directory, Pair } from "../../../domain/assets/model.ts"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import { readBook, touchOf } from "../../../domain/orders/book.ts"
import {
  type Converted,
  convertSize,
  isPlainSize,
  OrderOfSize,
  sizeFactsNeeded,
  sizeFaults
} from "../../../domain/orders/orderSize.ts"
import { volumeFaults } from "../../../domain/orders/pairRules.ts"
import { KrakenNotRecorded, KrakenPrecheckFailed, KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import type { Resolved } from "../../../services/KrakenWriter.ts"
import { Principal } from "../../../services/Principal.ts"
import { type Record, RecordUnavailable } from "../../../services/Record.ts"
import type { AccountFacts } from "../limits/accountFacts.ts"
import type { ReadBack } from "../limits/readBack.ts"
import { precheck } from "./precheck.ts"
import type { ProcedureContext } from "./writeProcedure.ts"

/** The readings by which a size is resolved. */
interface Sources {
  readonly account: AccountFacts
  readonly readBack: ReadBack
  readonly record: typeof Record.Service
}

const decode = Schema.decodeUnknownOption(OrderOfSize)

/**
 * Makes the step that replaces the size of an order, a `cost` or a part of what is free, by a volume. What is free is read
 * when the call is made. Under a mandate with capital it is at most what the caller owns. A volume that the pair does not
 * take is refused.
 */
export const makeResolveSize = (context: ProcedureContext, { account, readBack, record }: Sources) => {
  /** Reads the amount of an asset, by display name, that an order may share. */
  const freeOf = Effect.fnUntraced(function* (endpoint: WriteEndpoint, asset: string) {
    yield* context.keys.require("private/BalanceEx", endpoints["private/BalanceEx"].permissions)
    const { available } = yield* precheck(endpoint, `the free amount of ${asset}`)(account.balances)
    const free = D.decimal(available[asset] ?? "0")
    const { mandate } = yield* Principal
    if (!Option.exists(mandate, ({ terms }) => terms.capital !== undefined)) return free
    yield* readBack("own", endpoint)
    return D.min(free, D.decimal(yield* record.available(asset)))
  })

  return Effect.fn("KrakenWriter.resolve")(
    function* (endpoint: WriteEndpoint, params: Params) {
      if (endpoint !== "private/AddOrder" || isPlain(params)) return { params } satisfies Resolved
      const uncheckable = (reason: string) =>
        new KrakenPrecheckFailed({ endpoint, check: "the size of the order", reason })
      const order = decode(params)
      if (Option.isNone(order)) return yield* uncheckable("its terms have another form")
      const [fault] = sizeFaults(order.value)
      if (fault !== undefined) return yield* new KrakenWriteRefused({ endpoint, reason: fault.fault })
      const directory = yield* context.directory
      const pair = directory.findPair(String(params["pair"]))
      if (pair === undefined) return yield* uncheckable("its pair is not in what could be read of the list of pairs")
      const needed = sizeFactsNeeded(order.value)
      const names = namesOf(directory, pair)
      const free = needed.free === undefined ? undefined : yield* freeOf(endpoint, names[needed.free])
      const { mandate } = yield* Principal
      // A mandate values an order at the highest fee of all tiers.
      const readFee = Option.isSome(mandate) ? account.takerFee : account.presentFee
      const fee = needed.fee ? yield* precheck(endpoint, `the fee of ${pair.display}`)(readFee(pair)) : undefined
      const isMarketShare = needed.free === "quote" && order.value.ordertype === "market"
      const levels =
        needed.book || isMarketShare
          ? readBook(yield* precheck(endpoint, `the order book of ${pair.display}`)(account.book(pair)))
          : undefined
      const converted = convertSize(order.value, {
        pair,
        quoteDecimals: directory.findAsset(pair.quote)?.asset.decimals ?? pair.costDecimals,
        levels,
        ...(free !== undefined && { free }),
        ...(fee !== undefined && { fee: D.decimal(fee) })
      })
      const asked =
        order.value.cost === undefined ? (order.value.volume ?? "") : `cost ${order.value.cost} ${names.quote}`
      const subject =
        free === undefined || needed.free === undefined
          ? asked
          : `${asked} of ${D.format(free)} ${names[needed.free]} that is free`
      if (Either.isLeft(converted))
        return yield* new KrakenWriteRefused({ endpoint, reason: `${subject} ${converted.left}` })
      const size = converted.right
      const [below] = volumeFaults(termsOf(order.value, size), pair, levels && touchOf(levels, order.value.type))
      if (below !== undefined)
        return yield* new KrakenWriteRefused({ endpoint, reason: `${subject} is ${size.volume}: ${below.fault}` })
      return {
        params: paramsOf(params, size),
        resolved: {
          asked,
          ...(free !== undefined && needed.free !== undefined && { free: `${D.format(free)} ${names[needed.free]}` }),
          ...(size.price !== undefined && { price: size.price }),
          volume: size.volume,
          ...(size.inQuote && { oflags: "viqc" })
        }
      } satisfies Resolved
    },
    (effect, endpoint) =>
      Effect.catchIf(
        effect,
        (error) => error instanceof RecordUnavailable,
        ({ reason }) => new KrakenNotRecorded({ endpoint, reason })
      )
  )
}

/** Checks that the size needs nothing but Kraken, which also judges one of another form. */
const isPlain = ({ cost, volume }: Params): boolean =>
  cost === undefined && (typeof volume !== "string" || isPlainSize({ volume }))

const namesOf = (directory: Directory, pair: Pair) => ({
  base: directory.assetDisplay(pair.base),
  quote: directory.assetDisplay(pair.quote)
})

const termsOf = (order: OrderOfSize, { inQuote, volume }: Converted) => ({
  ...Struct.omit(order, "cost"),
  volume,
  oflags: [...(order.oflags ?? []), ...(inQuote ? ["viqc"] : [])]
})

/** Replaces the size in the parameters of a request. */
const paramsOf = (params: Params, { inQuote, volume }: Converted): Params => {
  const flags = [params["oflags"] ?? []].flat().join(",")
  return { ...Struct.omit(params, "cost"), volume, ...(inQuote && { oflags: flags === "" ? "viqc" : `${flags},viqc` }) }
}
