import { Context, Effect, Layer } from "effect"
import { Config } from "../../services/Config.ts"
import { openPostgres, type Postgres } from "./postgres.ts"

/** The connections to PostgreSQL that the parts of a process share. */
export class SharedPostgres extends Context.Tag("mcp-kraken/layers/storage/SharedPostgres")<
  SharedPostgres,
  Postgres
>() {}

/** Opens the database of the settings, if they name one. Nothing connects before it is used. */
export const SharedPostgresOfSettings = Layer.unwrapEffect(
  Effect.map(Config, ({ databaseUrl }) =>
    databaseUrl === undefined ? Layer.empty : Layer.scoped(SharedPostgres, openPostgres(databaseUrl))
  )
)
