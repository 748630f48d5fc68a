import { Effect } from "effect"
import { announceServer, type RunningServer } from "../layers/process/runningServers.ts"
import { Config } from "../services/Config.ts"
import { usesState } from "./usesState.ts"

/** Leaves a file that describes this server, if it uses the state folder. `callers` are those whom it serves. */
export const announce = Effect.fn("server.announce")(function* (
  { address, isLocal }: Pick<RunningServer, "address" | "isLocal">,
  callers: "local" | "tokens"
) {
  const { readOnly, stateDir, toolsets } = yield* Config
  const parts = readOnly ? [] : toolsets.filter((name) => name !== "websocket")
  if (yield* usesState) yield* announceServer(stateDir, { address, isLocal, sends: { callers, parts } })
})
