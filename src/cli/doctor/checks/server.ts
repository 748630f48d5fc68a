import { Array, Effect, Option } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { hostname } from "node:os"
import { urlHost } from "../../../layers/network/urlHost.ts"
import { runningServers, type RunningServer } from "../../../layers/process/runningServers.ts"
import type { Config } from "../../../services/Config.ts"
import { version } from "../../../version.ts"
import { type Check, error, type Finding, info, warning } from "../kit/finding.ts"
import type { Installation } from "../kit/installation.ts"
import { portOf } from "../kit/portOf.ts"

/** Servers that run now: they have one version, answer at the address of the settings, and refuse calls without a token. */
export const serverCheck: Check = {
  name: "server",
  run: Effect.fnUntraced(function* ({ config, stdio }: Installation) {
    const stateDir = config("stateDir")
    const running = Option.isNone(stateDir) ? [] : yield* runningServers(stateDir.value.stateDir)
    const settings = stdio ? Option.none() : config("host", "port", "path", "sslKeyFile", "sslCertFile", "authDisabled")
    const here = running.filter(({ address, host }) => host === hostname() && address !== "stdio")
    const answered = Option.isSome(settings) && settings.value.port > 0 ? yield* call(settings.value, here) : []
    return [...versions(running), ...answered]
  })
}

const versions = (running: ReadonlyArray<RunningServer>): ReadonlyArray<Finding> => {
  const found = [...new Set(running.map(({ version }) => version))]
  const list = running
    .map(({ address, host, pid, version }) => `${version} (process ${pid} on ${host}, ${address})`)
    .join(", ")
  if (found.length > 1)
    return [
      warning(
        "server.versions",
        `Servers of different versions use the same state folder: ${list}.`,
        "Stop the older ones, or start them again with the newer version."
      )
    ]
  return found.some((one) => one !== version)
    ? [info("server.other-version", `This is version ${version}, and the server that runs is ${list}.`)]
    : []
}

type Settings = Pick<typeof Config.Service, "host" | "port" | "path" | "tls" | "authDisabled">

/** Calls the server of the settings as a client without a token would. `running` are the servers of this machine. */
const call = Effect.fnUntraced(function* (settings: Settings, running: ReadonlyArray<RunningServer>) {
  const base = `${Option.isSome(settings.tls) ? "https" : "http"}://${urlHost(settings.host)}:${settings.port}`
  const health = yield* ask(`${base}/health`)
  const [others, expected] = Array.partition(running, ({ address }) => portOf(address) === settings.port)
  const isExpected = expected.length > 0
  if (health._tag === "Refused")
    return isExpected
      ? [error("server.unreachable", `A server runs, but nothing listens at ${base}.`, "Look into its log.")]
      : [info("server.none", `No server answers at ${base}.${elsewhere(others)}`)]
  if (health._tag === "Silent" && !isExpected) return [portTaken(base)]
  if (health._tag === "Silent" || health._tag === "Unanswered")
    return [
      (isExpected ? error : warning)(
        "server.unreachable",
        `${base} can't be called from this machine: ${health._tag === "Silent" ? "no answer within 3 s" : health.reason}.`,
        "Compare MCP_KRAKEN_HOST, MCP_KRAKEN_PORT and the TLS files with those of the server that runs."
      )
    ]
  if (health._tag === "Foreign" || health.status !== 200 || health.body !== '{"status":"ok"}') return [portTaken(base)]
  return yield* callItself(`${base}${settings.path === "" ? "/" : settings.path}`, settings.authDisabled)
})

const elsewhere = (servers: ReadonlyArray<RunningServer>): string =>
  servers.length === 0 ? "" : ` With other settings, one runs at ${servers.map(({ address }) => address).join(", ")}.`

const portTaken = (base: string): Finding =>
  error(
    "server.port-taken",
    `Another program listens at ${base}, so the server can't start there.`,
    "End it, or set another MCP_KRAKEN_PORT."
  )

/** An `initialize` of MCP without a token, which a server refuses unless authentication is disabled. */
const callItself = Effect.fnUntraced(function* (url: string, authDisabled: boolean) {
  const answer = yield* ask(url, initialize)
  if (answer._tag !== "Answered")
    return [
      error("server.unreachable", `${url} answers the health check, but no call of MCP.`, "Look into the server's log.")
    ]
  const { challenge, status } = answer
  if (status === 401 && challenge?.includes('realm="mcp-kraken"') === true) return []
  if (status === 404)
    return [
      warning(
        "server.other-path",
        `The server that runs has no MCP endpoint at ${url}: it was started with other settings.`,
        "Start it again, or correct MCP_KRAKEN_PATH."
      )
    ]
  if (status === 200)
    return authDisabled
      ? []
      : [
          error(
            "server.no-authentication",
            `The server at ${url} answers calls without a token: it was started with other settings.`,
            "Start it again with these settings."
          )
        ]
  return [
    error(
      "server.unreachable",
      `${url} answers a call without a token with status ${status}.`,
      "Look into the server's log."
    )
  ]
})

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "mcp-kraken doctor", version } }
})

type Answer =
  | {
      readonly _tag: "Answered"
      readonly status: number | undefined
      readonly body: string
      readonly challenge: string | undefined
    }
  /** Nothing listens there. */
  | { readonly _tag: "Refused" }
  /** A program listens there, and speaks neither HTTP nor TLS as expected. */
  | { readonly _tag: "Foreign" }
  /** A program listens there, and does not answer in time. */
  | { readonly _tag: "Silent" }
  | { readonly _tag: "Unanswered"; readonly reason: string }

/** The most characters of an answer that are read. */
const longest = 10_000

/** Sends a request without a secret. The certificate names the public host, not this address, so it is not verified. */
const ask = (url: string, body?: string): Effect.Effect<Answer> => {
  let isConnected = false
  return Effect.async<Answer>((resume) => {
    const answered = (response: Http.IncomingMessage) => {
      let text = ""
      const end = () =>
        resume(
          Effect.succeed({
            _tag: "Answered",
            status: response.statusCode,
            body: text,
            challenge: response.headers["www-authenticate"]
          })
        )
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
        if (text.length > longest) end()
      })
      response.once("end", end).once("error", end)
    }
    const options = {
      agent: false,
      method: body === undefined ? "GET" : "POST",
      headers: {
        // Allowed whatever names the settings list.
        host: "localhost",
        ...(body !== undefined && {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "content-length": Buffer.byteLength(body)
        })
      }
    }
    const request = url.startsWith("https:")
      ? Https.request(url, { ...options, rejectUnauthorized: false }, answered)
      : Http.request(url, options, answered)
    request.once("socket", (socket) => socket.once("connect", () => (isConnected = true)))
    request.once("error", (cause) => resume(Effect.succeed(failed(cause, isConnected))))
    request.end(body)
    return Effect.sync(() => request.destroy())
  }).pipe(
    Effect.timeoutTo({
      duration: "3 seconds",
      onSuccess: (answer) => answer,
      onTimeout: (): Answer =>
        isConnected ? { _tag: "Silent" } : { _tag: "Unanswered", reason: "no connection within 3 s" }
    })
  )
}

const failed = (cause: Error, isConnected: boolean): Answer => {
  const causes: ReadonlyArray<unknown> = cause instanceof AggregateError ? cause.errors : [cause]
  const codes = causes.map((one) => String(Object(one).code))
  if (codes.every((code) => code === "ECONNREFUSED")) return { _tag: "Refused" }
  return isConnected ? { _tag: "Foreign" } : { _tag: "Unanswered", reason: codes.join(", ") }
}
