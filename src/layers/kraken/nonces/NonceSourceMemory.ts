import { Effect, Layer } from "effect"
import { NonceSource } from "../../../services/NonceSource.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeNonceLane } from "./nonceLane.ts"

/**
 * Makes a source of nonces for this process only, which forgets them at its end. Kraken refuses calls of two processes
 * with one key if their nonces cross.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth read 2026-08-17
 */
export const makeNonceSourceMemory = () => {
  const { jump, next, setLag } = makeLocalCounter()
  return NonceSource.of({ turn: makeNonceLane({ take: () => next, giveBack: () => Effect.void }), jump, setLag })
}

export const NonceSourceMemory = Layer.sync(NonceSource, makeNonceSourceMemory)
