import { Array, Effect, Option } from "effect"
import { hostname } from "node:os"
import { isLoopback } from "../../../layers/network/loopback.ts"
import { type RunningServer, runningServers } from "../../../layers/process/runningServers.ts"
import type { Config } from "../../../services/Config.ts"
import { type Check, error, type Finding, info, skipped, warning } from "../kit/finding.ts"
import type { Installation } from "../kit/installation.ts"
import { portOf } from "../kit/portOf.ts"

/** The reach of the HTTP server: from which machines clients can connect, and whether they need a token. */
export const networkCheck: Check = {
  name: "network",
  run: Effect.fnUntraced(function* ({ config, stdio, system: { isOwnContainer } }: Installation) {
    if (stdio) return []
    const settings = config("host", "port", "sslKeyFile", "sslCertFile", "authDisabled", "mode")
    if (Option.isNone(settings)) return skipped("the address of the server")
    const stateDir = config("stateDir")
    const running = Option.isNone(stateDir) ? [] : yield* runningServers(stateDir.value.stateDir)
    const here = running.filter(({ host, isLocal }) => host === hostname() && isLocal !== undefined)
    return findings(settings.value, isOwnContainer, here)
  })
}

const findings = (
  { authDisabled, host, mode, port, tls }: typeof Config.Service,
  isOwnContainer: boolean,
  running: ReadonlyArray<RunningServer>
): ReadonlyArray<Finding> => {
  const isOpen = !isLoopback(host)
  const isPlain = isOpen && Option.isNone(tls)
  // The command line of a server wins over the settings.
  const [local, open] = Array.partition(
    running.filter(({ address }) => !isOpen || portOf(address) === port),
    ({ isLocal }) => isLocal !== true
  )
  const unexpected = open.filter(({ address }) => address.startsWith("http:"))
  return [
    ...(authDisabled && isOpen
      ? [
          error(
            "network.auth-disabled",
            `Every machine that reaches ${host} can call the server without a token (MCP_KRAKEN_AUTH_DISABLED=true).`,
            "Remove MCP_KRAKEN_AUTH_DISABLED, or set MCP_KRAKEN_HOST=localhost."
          )
        ]
      : []),
    ...(authDisabled && !isOpen
      ? [
          (mode === "paper" ? info : warning)(
            "network.auth-disabled",
            "Every program of this machine can call the server without a token (MCP_KRAKEN_AUTH_DISABLED=true).",
            "Remove MCP_KRAKEN_AUTH_DISABLED."
          )
        ]
      : []),
    ...(isPlain ? [local.length > 0 && open.length === 0 ? unlessStarted(host) : plain(host, isOwnContainer)] : []),
    ...(isPlain ? [] : unexpected.map((server) => startedOpen(server, isOwnContainer)))
  ]
}

const unlessStarted = (host: string): Finding =>
  info(
    "network.open",
    `The server that runs lets only this machine connect. One that is started with these settings alone listens on ${host} without TLS.`,
    "Set MCP_KRAKEN_HOST=localhost, so that it does not depend on the command line."
  )

const startedOpen = ({ address, pid }: RunningServer, isOwnContainer: boolean): Finding =>
  (isOwnContainer ? info : warning)(
    "network.open",
    `Other machines can connect to the server that runs at ${address} (process ${pid}) without TLS: it was started with other settings.`,
    "Start it again with these settings."
  )

const plain = (host: string, isOwnContainer: boolean): Finding =>
  isOwnContainer
    ? info(
        "network.open",
        `The server listens on ${host} of its container without TLS. It can't be seen from here to which address the port is published.`,
        "Publish it on 127.0.0.1, or put TLS in front."
      )
    : warning(
        "network.open",
        `Other machines can connect to ${host} without TLS, and read tokens and answers on the way.`,
        "Set MCP_KRAKEN_HOST=localhost, or use TLS (MCP_KRAKEN_SSL_KEYFILE and MCP_KRAKEN_SSL_CERTFILE, or a proxy on this machine)."
      )
