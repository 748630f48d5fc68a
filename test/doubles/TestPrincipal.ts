import { Effect, Layer, Option } from "effect"
import { bearer, operator } from "../../src/layers/access/principals.ts"
import { PolicyOfServer } from "../../src/layers/access/PolicyOfServer.ts"
import type { Config } from "../../src/services/Config.ts"
import { Policy } from "../../src/services/Policy.ts"
import { Principal } from "../../src/services/Principal.ts"
import { type Token, TokenId } from "../../src/services/TokenStore.ts"
import { TestConfig } from "./TestConfig.ts"

export type TestPrincipal = typeof Principal.Service

/** Whoever started the process. */
export const testOperator = operator("live")

/** The bearer of a token with this id. */
export const bearerOf = (id: string, mode: TestPrincipal["mode"] = "live"): TestPrincipal =>
  bearer({ id: TokenId.make(id), name: `token ${id}`, expiresAt: Option.none() } as Token, mode)

/** Calls come from whoever started the process. */
export const Operated = Layer.succeed(Principal, testOperator)

/** The same on paper. */
export const OperatedOnPaper = Layer.succeed(Principal, operator("paper"))

/** Runs as the bearer of a token. */
export const as = (id: string, mode: TestPrincipal["mode"] = "live") =>
  Effect.provideService(Principal, bearerOf(id, mode))

/** The server's policy under settings of the test. */
export const TestPolicy = (changes: Partial<typeof Config.Service> = {}) =>
  Layer.fresh(PolicyOfServer).pipe(Layer.provide(TestConfig(changes)))

/** Runs under the policy of a server that only reads. */
export const readOnly = Effect.provideServiceEffect(Policy, Effect.provide(Policy, TestPolicy({ readOnly: true })))
