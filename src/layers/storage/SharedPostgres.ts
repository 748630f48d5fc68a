import { Context, Effect, Layer, Option, type Redacted, type Scope } from "effect"
import { Config } from "../../services/Config.ts"
import type { DatabaseUnavailable } from "./databaseFile.ts"
import { openPostgres, type Postgres } from "./postgres.ts"

/** The connections to PostgreSQL that the parts of a process share. */
export class SharedPostgres extends Context.Tag("mcp-kraken/layers/storage/SharedPostgres")<
  SharedPostgres,
  Postgres
>() {}

/**
 * The connections for short statements that are not durable: nonces, counters of rates, permissions. They are apart from the
 * others, on which transactions wait for each other, so that a nonce never waits for the record.
 */
export class QuickPostgres extends Context.Tag("mcp-kraken/layers/storage/SharedPostgres/QuickPostgres")<
  QuickPostgres,
  Postgres
>() {}

const open = (url: Redacted.Redacted) => openPostgres(url, { isDurable: false })

/** Returns the connections for short statements that the process shares, or opens some. */
export const quickPostgres = (url: Redacted.Redacted): Effect.Effect<Postgres, DatabaseUnavailable, Scope.Scope> =>
  Effect.flatMap(
    Effect.serviceOption(QuickPostgres),
    Option.match({ onNone: () => open(url), onSome: (shared) => Effect.succeed(shared) })
  )

/** Opens the database of the settings, if they name one. Nothing connects before it is used. */
export const SharedPostgresOfSettings = Layer.unwrapEffect(
  Effect.map(Config, ({ databaseUrl }) =>
    databaseUrl === undefined
      ? Layer.empty
      : Layer.merge(
          Layer.scoped(SharedPostgres, openPostgres(databaseUrl)),
          Layer.scoped(QuickPostgres, open(databaseUrl))
        )
  )
)
