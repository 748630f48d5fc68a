import { Effect, Layer } from "effect"
import { Config } from "../../../services/Config.ts"
import { Halt } from "../../../services/Halt.ts"
import { haltFileIn, lookAtHaltFile } from "./haltFile.ts"

/** The emergency stop in the state folder of the settings. */
export const HaltInStateFolder = Layer.effect(
  Halt,
  Effect.map(Config, ({ stateDir }) => haltAt(haltFileIn(stateDir)))
)

/** Makes the service on one file. */
export const haltAt = (file: string) => Halt.of({ current: Effect.sync(() => lookAtHaltFile(file)) })
