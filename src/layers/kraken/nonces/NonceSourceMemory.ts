import { Effect, Layer } from "effect"
import { NonceSource } from "../../../services/NonceSource.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeNonceLane } from "./nonceLane.ts"

/** Nonces of this process alone: a second one with the same key gets in its way, and nothing outlives it. */
export const makeNonceSourceMemory = () => {
  const { jump, next } = makeLocalCounter()
  return NonceSource.of({ turn: makeNonceLane({ take: () => next, giveBack: () => Effect.void }), jump })
}

export const NonceSourceMemory = Layer.sync(NonceSource, makeNonceSourceMemory)
