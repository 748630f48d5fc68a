import { Context, Deferred, Effect } from "effect"
import { Mux } from "./Mux.ts"
import { Questions } from "./Questions.ts"
import type { Surface } from "./Surface.ts"

/** What the edges see of the server: what it says of itself, and where requests go. */
export class McpServer extends Context.Tag("mcp-kraken/layers/mcp/Server/McpServer")<
  McpServer,
  {
    readonly surface: Pick<Surface<never>, "about" | "mirrored">
    readonly mux: Mux
    readonly questions: Questions
    /** Ends as soon as somebody needs the SDK's server while there is none. */
    readonly wanted: Effect.Effect<void>
  }
>() {}

/** A server that can say what it is; other requests wait in its mux until the SDK's server stands behind it. */
export const makeServer = (surface: (typeof McpServer.Service)["surface"]): Effect.Effect<typeof McpServer.Service> =>
  Effect.map(Deferred.make<void>(), (wanted) => ({
    surface,
    mux: new Mux(() => Deferred.unsafeDone(wanted, Effect.void)),
    questions: new Questions(),
    wanted: Deferred.await(wanted)
  }))
