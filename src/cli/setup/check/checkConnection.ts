import { Effect } from "effect"
import type { Connection } from "../kit/connection.ts"
import type { Place } from "../kit/place.ts"
import { SetupRefusal } from "../kit/refusal.ts"
import { callServer } from "./overHttp.ts"
import { startServer } from "./overStdio.ts"
import { connect } from "./session.ts"

/** The longest time for a check. Clients wait as long for a server that they start. */
const patience = "30 seconds"

/** Connects as a client with this configuration would, and returns what it sees. */
export const checkConnection = Effect.fn("setup.checkConnection")(
  function* (connection: Connection, place: Place) {
    const send = connection._tag === "Stdio" ? yield* startServer(connection, place) : callServer(connection)
    return yield* connect(send)
  },
  Effect.timeoutFail({
    duration: patience,
    onTimeout: () => new SetupRefusal({ message: `The server does not answer within ${patience}.` })
  }),
  Effect.scoped
)
