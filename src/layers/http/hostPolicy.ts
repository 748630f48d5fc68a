import type { Config } from "../../services/Config.ts"
import { isLoopback } from "../network/loopback.ts"

type Settings = Pick<typeof Config.Service, "allowedHosts" | "allowedOrigins" | "authDisabled" | "host">

/**
 * Makes a check of `Origin` and `Host` that runs before the token is checked. Returns the reason for the sender if the
 * request is refused, undefined otherwise.
 */
export const makeHostPolicy = (settings: Settings) => {
  const checksHost = isLoopback(settings.host) || settings.authDisabled || settings.allowedHosts.length > 0
  const origins = settings.allowedOrigins.map((origin) => origin.toLowerCase())
  const hosts = settings.allowedHosts.map((host) => host.toLowerCase())
  const refusal = (origin: string | undefined, host: string | undefined): string | undefined => {
    if (origin !== undefined && !allowed(origin.toLowerCase(), hostnameOf(origin), origins)) {
      return `Origin ${printable(origin)} is not allowed. List it in MCP_KRAKEN_ALLOWED_ORIGINS.`
    }
    if (checksHost && (host === undefined || !allowed(host.toLowerCase(), hostnameOf(`http://${host}`), hosts))) {
      return `Host ${printable(host ?? "(none)")} is not allowed. List it in MCP_KRAKEN_ALLOWED_HOSTS.`
    }
    return undefined
  }
  // A client sends the same in each request, and parsing them as addresses takes longer than all other checks of the edge.
  let accepted: { readonly origin: string | undefined; readonly host: string | undefined } | undefined
  return (origin: string | undefined, host: string | undefined): string | undefined => {
    if (accepted !== undefined && accepted.origin === origin && accepted.host === host) return undefined
    const reason = refusal(origin, host)
    if (reason === undefined) accepted = { origin, host }
    return reason
  }
}

/**
 * Makes a check that the operator listed an origin. Pages of a listed origin are allowed to read answers; those of
 * loopback are not, unless listed.
 */
export const makeIsListed = ({ allowedOrigins }: Pick<Settings, "allowedOrigins">) => {
  const origins = allowedOrigins.map((origin) => origin.toLowerCase())
  return (origin: string): boolean => isListed(origin.toLowerCase(), hostnameOf(origin), origins)
}

/** Checks that a value is loopback, or that it or its host name is listed. */
const allowed = (value: string, hostname: string, listed: ReadonlyArray<string>): boolean =>
  isLoopback(hostname) || isListed(value, hostname, listed)

const isListed = (value: string, hostname: string, listed: ReadonlyArray<string>): boolean => {
  if (hostname !== "") return listed.includes(value) || listed.includes(hostname)
  const scheme = ownScheme(value)
  return scheme !== undefined && (listed.includes(value) || listed.includes(scheme))
}

/**
 * Returns the scheme, with its colon, of an origin of a desktop program or an extension, such as `tauri://localhost`.
 * Undefined for other values, such as the `null` origin. The host of such an origin is no host name of the network.
 */
const ownScheme = (origin: string): string | undefined => /^([a-z][a-z0-9+.-]*:)\/\/[^/]+$/.exec(origin)?.[1]

/** Returns the host name without its port. Empty if the value is not an address, such as the `null` origin. */
const hostnameOf = (address: string): string => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.hostname : ""
}

const printable = (value: string): string => JSON.stringify(value.slice(0, 200))
