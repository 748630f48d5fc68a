import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { DateTime, type Effect, Option } from "effect"
import { bearer, operator } from "../../../src/layers/access/principals.ts"
import type { KrakenClient } from "../../../src/services/KrakenClient.ts"
import type { KrakenWriter } from "../../../src/services/KrakenWriter.ts"
import type { Policy } from "../../../src/services/Policy.ts"
import type { Principal } from "../../../src/services/Principal.ts"
import { defaultAccount } from "../../../src/services/KrakenAccount.ts"
import { type Token, TokenId } from "../../../src/services/TokenStore.ts"

const expiresAt = Option.some(DateTime.unsafeMake(60_000))
const token: Token = {
  id: TokenId.make("0123456789ab"),
  name: "laptop",
  paperOnly: false,
  account: defaultAccount,
  marks: [],
  createdAt: DateTime.unsafeMake(0),
  expiresAt,
  revokedAt: Option.none(),
  lastUsedAt: Option.none()
}

type Needs<F extends (...args: never) => Effect.Effect<unknown, unknown, unknown>> = Effect.Effect.Context<
  ReturnType<F>
>

describe("principals", () => {
  it("share the Kraken account, and have an account each on paper", () => {
    const accounts = [bearer(token, "live"), operator("live"), bearer(token, "paper"), operator("paper")]
    assert.deepStrictEqual(
      accounts.map(({ account, caller, mode }): ReadonlyArray<string> => [caller.id, mode, account]),
      [
        ["0123456789ab", "live", "kraken"],
        ["local", "live", "kraken"],
        ["0123456789ab", "paper", "0123456789ab"],
        ["local", "paper", "local"]
      ]
    )
  })

  it("carry the id, name and expiry of their token", () => {
    const { caller } = bearer(token, "live")
    assert.deepStrictEqual(caller, { _tag: "Token", id: token.id, name: "laptop", expiresAt })
  })

  it("are required by clients, writers and policies", () => {
    expectTypeOf<Needs<typeof KrakenWriter.Service.send>>().toEqualTypeOf<Principal>()
    expectTypeOf<Needs<typeof KrakenClient.Service.read>>().toEqualTypeOf<Principal>()
    expectTypeOf<Needs<typeof KrakenClient.Service.write>>().toEqualTypeOf<Principal>()
    expectTypeOf<Needs<typeof Policy.Service.authorize>>().toEqualTypeOf<Principal>()
  })
})
