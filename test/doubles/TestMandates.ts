import { Effect, Layer } from "effect"
import { Mandates } from "../../src/services/Mandates.ts"

/** Mandates of callers that can freeze themselves, without a file. */
export const TestMandates = Layer.mock(Mandates, { freezeSelf: () => Effect.succeed("1:0123456789abcdef") })
