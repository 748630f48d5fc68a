import { Effect, Layer, Option } from "effect"
import { OperatorSecretSql } from "../layers/access/secret/OperatorSecretSql.ts"
import { pageAddress } from "../layers/network/pageAddress.ts"
import { OperatorPage, OperatorPageHttp } from "../layers/operatorPage/OperatorPage.ts"
import { Config, type ListenAddress } from "../services/Config.ts"
import { OperatorSecret } from "../services/OperatorSecret.ts"

/** Logs the address of the page, and that nobody can log in to it yet. */
const logAddress = Effect.gen(function* () {
  const config = yield* Config
  const { port } = yield* OperatorPage
  const operator = config.operator && { ...config.operator, port }
  const address = Option.getOrElse(pageAddress({ ...config, operator }), () => "")
  yield* Effect.logInfo(`Approvals are answered at ${address}/`)
  const { current } = yield* OperatorSecret
  if (Option.isNone(yield* current))
    yield* Effect.logWarning(
      "Nobody can log in to the page for approvals: no operator secret is set. See docs/authority.md"
    )
})

/** Serves the page for approvals. */
export const operatorPage = (address: ListenAddress) =>
  Layer.scopedDiscard(logAddress).pipe(Layer.provide(OperatorPageHttp(address)), Layer.provide(OperatorSecretSql))
