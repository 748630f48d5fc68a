import { Effect, Option } from "effect"
import { isLoopback } from "../../../layers/network/loopback.ts"
import type { Config } from "../../../services/Config.ts"
import { type Check, error, type Finding, info, skipped, warning } from "../kit/finding.ts"

/** The reach of the HTTP server: from which machines clients can connect, and whether they need a token. */
export const networkCheck: Check = {
  name: "network",
  run: ({ config, stdio, system: { isOwnContainer } }) =>
    Effect.sync(() =>
      stdio
        ? []
        : Option.match(config("host", "sslKeyFile", "sslCertFile", "authDisabled", "mode"), {
            onNone: () => skipped("the address of the server"),
            onSome: (settings) => findings(settings, isOwnContainer)
          })
    )
}

const findings = (
  { authDisabled, host, mode, tls }: typeof Config.Service,
  isOwnContainer: boolean
): ReadonlyArray<Finding> => {
  const isOpen = !isLoopback(host)
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
    ...(isOpen && Option.isNone(tls) ? [plain(host, isOwnContainer)] : [])
  ]
}

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
