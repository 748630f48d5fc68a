import { Effect, Option } from "effect"
import type { Mandate } from "../../src/domain/mandates/mandate.ts"
import { Principal } from "../../src/services/Principal.ts"
import { bearerOf, type TestPrincipal } from "./TestPrincipal.ts"

/** Makes a mandate that allows trading and limits nothing, except for `changes`. */
export const terms = (changes: Partial<Mandate> = {}): Mandate => ({
  access: "trade",
  spending: { max: {} },
  grants: {},
  keep: {},
  notPairs: [],
  calls: {},
  maxLeverage: 0,
  cancel: "own",
  ask: { kinds: [] },
  ...changes
})

/** Makes the principal of a token with such a mandate. */
export const limitedBearer = (changes: Partial<Mandate> = {}, id = "aabbccddeeff"): TestPrincipal => ({
  ...bearerOf(id),
  mandate: Option.some({ subject: id, revision: 1, terms: terms(changes) })
})

/** Runs an effect as the bearer of a token with such a mandate. */
export const limitedTo = (changes: Partial<Mandate>, id?: string) =>
  Effect.provideService(Principal, limitedBearer(changes, id))
