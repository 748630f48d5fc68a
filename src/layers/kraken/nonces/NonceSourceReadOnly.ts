import { Effect, Layer, Option, Schema } from "effect"
import { Config } from "../../../services/Config.ts"
import { NonceSource } from "../../../services/NonceSource.ts"
import { lookInto } from "../../storage/lookInto.ts"
import { fileIn, hashOf } from "./laneFile.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeNonceSourceMemory } from "./NonceSourceMemory.ts"

const Lane = Schema.Struct({ nonce: Schema.BigIntFromSelf, factor: Schema.BigIntFromSelf })

/** The longest wait for a file that another process holds. Without it, nonces begin from the clock. */
const patience = "300 millis"

/**
 * Nonces that go on from the shared ones of the state folder, which are read and not changed. For a few reads of a program
 * that must not change anything. The next nonce of a server comes later, so it is greater than these. A request of a
 * server that is under way can be overtaken: Kraken then refuses it, and it is sent again.
 */
export const NonceSourceReadOnly = Layer.effect(
  NonceSource,
  Effect.gen(function* () {
    const { credentials, stateDir } = yield* Config
    const counter = makeLocalCounter()
    if (Option.isNone(credentials)) return makeNonceSourceMemory(counter)
    const key = hashOf(credentials.value.key)
    const found = yield* lookInto(
      fileIn(stateDir),
      (db) => db.prepare("SELECT nonce, factor FROM lanes WHERE key = ?").safeIntegers().get(key),
      patience
    )
    const lane = found._tag === "Read" ? Schema.decodeUnknownOption(Lane)(found.value) : Option.none()
    if (Option.isSome(lane)) {
      counter.note(lane.value.nonce)
      if (lane.value.factor > 1n) yield* counter.jump
    }
    return makeNonceSourceMemory(counter)
  })
)
