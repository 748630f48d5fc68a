import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { envFile } from "../kit/envFile.ts"

/** The command `health`, for health checks of containers that have no other HTTP client. */
export const health = Command.make("health", { envFile }, ({ envFile }) =>
  Effect.flatMap(
    load(() => import("./healthCheck.ts")),
    ({ checkHealth }) => checkHealth(envFile)
  )
).pipe(Command.withDescription("Check that the server with these settings is up"))
