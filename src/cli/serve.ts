import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option } from "effect"
import { settings } from "../layers/settings/table.ts"

const flag = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

/** Loads the server only when it is asked for: the other commands start without the tools and the SDK. */
export const serve = Command.make(
  "serve",
  {
    host: flag("host", "Address to listen on (MCP_KRAKEN_HOST)"),
    port: flag("port", "Port to listen on (MCP_KRAKEN_PORT)"),
    path: flag("path", "Path of the endpoint (MCP_KRAKEN_PATH)"),
    sslKeyFile: flag("ssl-keyfile", "TLS private key, PEM (MCP_KRAKEN_SSL_KEYFILE)"),
    sslCertFile: flag("ssl-certfile", "TLS certificate, PEM (MCP_KRAKEN_SSL_CERTFILE)"),
    stdio: Options.boolean("stdio").pipe(
      Options.withDescription("Serve one client on standard input and output, without tokens")
    )
  },
  Effect.fn(function* ({ stdio, ...options }) {
    const flags = Object.entries(options).map(
      ([name, value]) => [settings[name as keyof typeof options].name, Option.getOrUndefined(value)] as const
    )
    const { server } = yield* Effect.promise(() => import("./server.ts"))
    yield* server({ stdio, flags: Object.fromEntries(flags) })
  })
).pipe(Command.withDescription("Serve MCP over HTTP, or over standard input and output"))
