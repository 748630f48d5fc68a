import { Duration, Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { Mandates } from "../../../services/Mandates.ts"
import { type MandateInForce, Principal } from "../../../services/Principal.ts"
import { RecordUnavailable } from "../../../services/Record.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { type CachedValue, makeCachedValue } from "../../caching/cachedValue.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { readHead } from "../record/append.ts"
import { type Authority, authorityOf } from "../record/authority.ts"
import { receiptOf } from "../record/chain.ts"
import { mandateOf } from "../record/mandates.ts"
import { recordFile } from "../record/recordFile.ts"
import { freeze } from "./administer.ts"
import { makeAuthorityFile } from "./authorityFile.ts"

/** The time for which a mandate is used without a look at the file, in milliseconds. A failure lasts as long. */
const validFor = Duration.toMillis("1 second")

/**
 * The time for which a mandate is used that cannot be read any more, since a database on the network is away, in
 * milliseconds. It might have been narrowed, but what it limits needs that database, too: only public reads pass. Not for a
 * file.
 */
const validWhileAway = Duration.toMillis("5 minutes")

/** The longest wait for a busy file. */
const longestWait = "1 second"

/** The most mandates in memory. Only ids of valid tokens are looked up. */
const capacity = 1000

type Cached = CachedValue<Option.Option<MandateInForce>, RecordUnavailable, never>

/** Mandates in `authority.db` of the state folder. The file is opened on first use. */
export const MandatesSql = Layer.scoped(
  Mandates,
  Effect.gen(function* () {
    const config = yield* Config
    const { databaseUrl } = config
    const file = join(config.stateDir, recordFile)
    const authority = yield* authorityOf(config)
    const { read, write } = yield* makeAuthorityFile(authority)
    const cached = makeBoundedMap<string, Cached>(capacity)

    const lookUp = (id: string): Cached =>
      makeCachedValue({
        lookup: () =>
          // Opening waits for a busy file. A cancel must not wait for long.
          Effect.disconnect(read(() => mandateOf(id))).pipe(
            Effect.map(Option.flatMap(Option.fromNullable)),
            Effect.mapError(unavailable),
            Effect.timeoutFail({ duration: longestWait, onTimeout: () => busy(authority) })
          ),
        pauseAfter: () => Effect.succeed(validFor),
        staleFor: databaseUrl === undefined ? 0 : validWhileAway
      })

    return Mandates.of({
      file,
      ofToken: (id) => cached.getOrMake(id, () => lookUp(id)).get(validFor),
      freezeSelf: Effect.fn("Mandates.freezeSelf")(function* (reason) {
        const { caller } = yield* Principal
        const actor = caller._tag === "Token" ? { id: caller.id, name: caller.name } : { id: caller.id }
        return yield* Effect.mapError(
          write(function* (at) {
            return receiptOf(
              (yield* freeze(at, { actor, caller: caller.id, name: actor.name, frozen: true, reason })) ??
                (yield* readHead())
            )
          }),
          unavailable
        )
      })
    })
  })
)

const unavailable = ({ reason }: DatabaseUnavailable) => new RecordUnavailable({ reason })

const busy = ({ name }: Authority) =>
  new RecordUnavailable({ reason: `The database ${name} can't be read: it is busy.` })
