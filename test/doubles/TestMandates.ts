import { Effect, Layer, Option } from "effect"
import { Mandates } from "../../src/services/Mandates.ts"
import type { MandateInForce } from "../../src/services/Principal.ts"

/** Mandates that a test decides, by the ids of tokens. Tokens without an entry have none. */
export const TestMandates = (mandates: Readonly<Record<string, MandateInForce>> = {}) =>
  Layer.succeed(Mandates, {
    file: "authority.db",
    ofToken: (id) => Effect.succeed(Option.fromNullable(mandates[id])),
    freezeSelf: () => Effect.succeed("1:0000000000000000")
  })
