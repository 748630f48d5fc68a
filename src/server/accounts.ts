import { Context, Effect, Layer, Option } from "effect"
import type { RequestHandler, Watch } from "../layers/mcp/protocol/serverDefinition.ts"
import { TellsOfStops } from "../layers/kraken/writes/panic/PanicOnRequest.ts"
import { McpServer } from "../layers/mcp/server/McpServer.ts"
import { combinedReadiness } from "../layers/readiness/combinedReadiness.ts"
import { ReadinessOfParts } from "../layers/readiness/ReadinessOfParts.ts"
import { accountNamesOf, LocalAccount, ofAccount } from "../layers/settings/ofAccount.ts"
import type { Callers } from "../services/Callers.ts"
import { Config } from "../services/Config.ts"
import { defaultAccount, type KrakenAccountName } from "../services/KrakenAccount.ts"
import { KrakenWriter } from "../services/KrakenWriter.ts"
import { OpenWrites } from "../services/OpenWrites.ts"
import { Readiness } from "../services/Readiness.ts"
import { SharedMarket } from "./krakenPublic.ts"
import { MetricsIfRead, metricsOf } from "./observed.ts"
import { Product, productOnSharedMarket } from "./product.ts"

/** The token store finds no token of an account that this server lacks. */
const noAccount = Effect.dieMessage("A caller has no Kraken account")

/** One product for all callers. */
const ProductOfAll = <E, R>(callers: Layer.Layer<Callers, E, R>) =>
  Layer.mergeAll(Layer.effect(OpenWrites, KrakenWriter), ReadinessOfParts, MetricsIfRead).pipe(
    Layer.provide(Layer.provide(Product, callers))
  )

/**
 * A product for each Kraken account, with its own key, nonces, rate limits, permissions and limits of spending. A request is
 * answered by the product of its caller's account, and reaches no other.
 *
 * Each product is built by itself, with its own memory of layers. Effect's `LayerMap` has one memory for all of its keys, in
 * which the record and the nonces of the first account would be those of the others.
 */
const ProductOfEach = <E, R>(callers: Layer.Layer<Callers, E, R>) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const server = yield* McpServer
      const config = yield* Config
      const handlers = new Map<KrakenAccountName, RequestHandler>()
      const watches = new Map<KrakenAccountName, Watch>()
      const product = productOnSharedMarket(yield* Layer.build(SharedMarket))
      const built = Effect.fnUntraced(function* (account: KrakenAccountName) {
        const served: typeof McpServer.Service = {
          ...server,
          serve: (answer) => Effect.sync(() => void handlers.set(account, answer)),
          serveWatch: (watch) => Effect.sync(() => void watches.set(account, watch))
        }
        const own = Layer.mergeAll(
          Layer.succeed(McpServer, served),
          Layer.succeed(Config, ofAccount(config, account)),
          Layer.succeed(TellsOfStops, account === defaultAccount)
        )
        const all = Layer.provideMerge(ReadinessOfParts, product).pipe(Layer.provide(callers), Layer.provide(own))
        return yield* Effect.annotateLogs(Layer.build(all), { account })
      })
      const products = yield* Effect.forEach(accountNamesOf(config), built, { concurrency: "unbounded" })
      yield* server.serve((request, context) => {
        const answer = handlers.get(context.principal.krakenAccount)
        return answer === undefined ? noAccount : answer(request, context)
      })
      yield* server.serveWatch((uri, principal) => {
        const watch = watches.get(principal.krakenAccount)
        return watch === undefined ? noAccount : watch(uri, principal)
      })
      const settled = Effect.forEach(products, (services) => Context.get(services, KrakenWriter).settled, {
        concurrency: "unbounded",
        discard: true
      })
      const readiness = products.map((services) => {
        const { account, credentials } = Context.get(services, Config)
        return { account, hasKey: Option.isSome(credentials), faults: Context.get(services, Readiness).faults }
      })
      return Layer.mergeAll(
        Layer.succeed(OpenWrites, { settled }),
        Layer.succeed(Readiness, combinedReadiness(readiness)),
        metricsOf(products)
      )
    })
  )

/**
 * The product, or one for each Kraken account if accounts have names. Simulated accounts are kept by caller, so that one
 * product serves them all. Callers without a token have one account.
 */
export const Products = <E, R>(callers: Layer.Layer<Callers, E, R>) =>
  Layer.unwrapEffect(
    Effect.map(Config, ({ accounts, authDisabled, mode }) => {
      if (authDisabled) return Layer.provide(ProductOfAll(callers), LocalAccount)
      return accounts.length === 0 || mode === "paper" ? ProductOfAll(callers) : ProductOfEach(callers)
    })
  )
