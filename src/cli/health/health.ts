import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { envFile } from "../kit/envFile.ts"

/** For health checks of containers, in which there is nothing else to ask with. */
export const health = Command.make("health", { envFile }, ({ envFile }) =>
  Effect.flatMap(
    Effect.promise(() => import("./healthCheck.ts")),
    ({ checkHealth }) => checkHealth(envFile)
  )
).pipe(Command.withDescription("Ask the server of these settings whether it is up"))
