import { Effect, Layer, Option } from "effect"
import { bearer, operator } from "../../src/layers/access/principals.ts"
import { PolicyIntersecting } from "../../src/layers/access/PolicyIntersecting.ts"
import type { Config } from "../../src/services/Config.ts"
import { Policy } from "../../src/services/Policy.ts"
import { Principal } from "../../src/services/Principal.ts"
import { type Token, TokenId } from "../../src/services/TokenStore.ts"
import { TestConfig } from "./TestConfig.ts"

export type TestPrincipal = typeof Principal.Service

/** The operator, who started the process. */
export const testOperator = operator("live")

/** Makes the principal of the token with this id. */
export const bearerOf = (id: string, mode: TestPrincipal["mode"] = "live"): TestPrincipal =>
  bearer({ id: TokenId.make(id), name: `token ${id}`, expiresAt: Option.none() } as Token, mode)

/** Provides the operator as the principal of all calls. */
export const Operated = Layer.succeed(Principal, testOperator)

/** Provides the operator in paper mode. */
export const OperatedOnPaper = Layer.succeed(Principal, operator("paper"))

/** Runs an effect as the bearer of the token with this id. */
export const as = (id: string, mode: TestPrincipal["mode"] = "live") =>
  Effect.provideService(Principal, bearerOf(id, mode))

/** Makes the server's policy under a test's settings. */
export const TestPolicy = (changes: Partial<typeof Config.Service> = {}) =>
  Layer.fresh(PolicyIntersecting).pipe(Layer.provide(TestConfig(changes)))

/** Runs an effect under the policy of a read-only server. */
export const readOnly = Effect.provideServiceEffect(Policy, Effect.provide(Policy, TestPolicy({ readOnly: true })))
