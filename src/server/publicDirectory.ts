import { Effect, Option } from "effect"
import { operator } from "../layers/access/principals.ts"
import { readNames } from "../layers/kraken/names/readNames.ts"
import { Principal } from "../services/Principal.ts"
import { KrakenPublic } from "./krakenPublic.ts"

/** Reads Kraken's public lists of assets and pairs. None if Kraken does not answer. */
export const readDirectory = readNames.pipe(
  Effect.map(Option.some),
  Effect.orElseSucceed(Option.none),
  Effect.provideService(Principal, operator("live")),
  Effect.provide(KrakenPublic)
)
