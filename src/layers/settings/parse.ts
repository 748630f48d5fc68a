import { Duration, LogLevel, Redacted } from "effect"
import { isIP } from "node:net"
import { isDecimal, isShort } from "../../domain/numbers/numberText.ts"
import { findCommonAsset } from "../../domain/assets/commonAssets.ts"
import * as D from "../../domain/numbers/decimal.ts"
import type { ListenAddress, NotificationTarget } from "../../services/Config.ts"
import { isLoopback } from "../network/loopback.ts"
import { expandHome } from "./homeFolder.ts"

/** A function from the text of a setting to its value. Undefined if the text is invalid. */
export type Parse<A> = (text: string) => A | undefined

export const text: Parse<string> = (text) => (text === "" ? undefined : text)

/** Parses the path of a file or a folder, of which `~` stands for the user's home. */
export const location: Parse<string> = (text) => (text === "" ? undefined : expandHome(text))

/** Parses printable ASCII without spaces, which is valid in a header. */
export const printable: Parse<string> = (text) => (/^[!-~]+$/.test(text) ? text : undefined)

export const boolean: Parse<boolean> = (text) => {
  const lower = text.toLowerCase()
  return lower === "true" ? true : lower === "false" ? false : undefined
}

export const oneOf =
  <const A extends string>(...values: ReadonlyArray<A>): Parse<A> =>
  (text) =>
    values.find((value) => value === text.toLowerCase())

/** Makes a parser of a comma-separated list, all of whose members must be valid. */
export const listOf =
  <A>(member: Parse<A>): Parse<ReadonlyArray<A>> =>
  (text) => {
    const parts = text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
    const members = parts.flatMap((part) => member(part) ?? [])
    return members.length === parts.length ? members : undefined
  }

/** Makes a parser of a comma-separated choice from `values`, in their order, or the word `all`. */
export const someOf =
  <const A extends string>(values: ReadonlyArray<A>, all = values): Parse<ReadonlyArray<A>> =>
  (text) => {
    if (text.toLowerCase() === "all") return all
    const members = listOf(oneOf(...values))(text)
    return members === undefined || members.length === 0 ? undefined : values.filter((value) => members.includes(value))
  }

export const port: Parse<number> = (text) => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  return value <= 65_535 ? value : undefined
}

export const seconds =
  (least: number, most: number): Parse<Duration.Duration> =>
  (text) => {
    const value = isShort(text) && /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
    return value >= least && value <= most ? Duration.seconds(value) : undefined
  }

/** The paths at which the server tells of itself. */
const statusPaths = ["/health", "/ready", "/metrics"]

/** Parses a path and removes the slash at its end, so that `/mcp` and `/mcp/` are equal. */
export const path: Parse<string> = (text) => {
  const bare = withoutSlashes(text)
  return /^\/[^\s?#]*$/.test(text) && !statusPaths.includes(bare) ? bare : undefined
}

/**
 * Removes the slashes at the end. The lookbehind keeps the time linear: otherwise a run of slashes elsewhere is read
 * again from each of its slashes.
 */
const withoutSlashes = (text: string): string => text.replace(/(?<!\/)\/+$/, "")

const name = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)$/i

/** Parses a host name or an address, with or without brackets. */
export const host: Parse<string> = (text) =>
  isIP(text) > 0 || name.test(text) ? text.replace(/^\[|\]$/g, "") : undefined

/** Parses a value of the Host header: a name, with a port unless it is the default one. */
export const hostHeader: Parse<string> = (text) => (name.test(text.replace(/:\d{1,5}$/, "")) ? text : undefined)

/**
 * Parses a value of the Origin header, or only its host name. Desktop programs and extensions have schemes of their own:
 * such an origin is given whole (`tauri://localhost`), or by its scheme (`vscode-webview:`) if its host is random. `null`
 * is refused, since sandboxed pages of every site have that origin.
 */
export const origin: Parse<string> = (text) => {
  const { host, scheme } = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):(?:\/\/|$))?(?<host>.*?)\/?$/i.exec(text)?.groups ?? {}
  if (host === undefined || /^null$/i.test(host)) return undefined
  // Pages of these schemes have the origin `null`, or none.
  if (/^(?:about|blob|data|file|javascript)$/i.test(scheme ?? "")) return undefined
  const isWeb = scheme === undefined || /^https?$/i.test(scheme)
  if (host === "") return isWeb ? undefined : `${scheme}:`
  if (!name.test(host.replace(/:\d{1,5}$/, ""))) return undefined
  return scheme === undefined ? host : `${scheme}://${host}`
}

/** Parses an address and a port, such as `127.0.0.1:8767` or `[::1]:8767`. */
export const listenAddress: Parse<ListenAddress> = (text) => {
  const at = text.lastIndexOf(":")
  const [name, number] = [host(text.slice(0, Math.max(0, at))), port(text.slice(at + 1))]
  return at < 0 || name === undefined || number === undefined ? undefined : { host: name, port: number }
}

/** Parses the way in which metrics are served. */
export const metrics: Parse<"off" | "token" | ListenAddress> = (text) =>
  oneOf("off", "token")(text) ?? listenAddress(text)

/** Parses the address of a collector of traces and metrics, to whose path `/v1/traces` and the like are added. */
export const collector: Parse<string> = (text) => {
  if (!URL.canParse(text)) return undefined
  const { hash, protocol, search } = new URL(text)
  return /^https?:$/.test(protocol) && search === "" && hash === "" ? withoutSlashes(text) : undefined
}

/** Parses headers such as `api-key=KEY,x-team=blue`, whose values are percent-encoded. */
export const headers: Parse<Redacted.Redacted<Readonly<Record<string, string>>>> = (text) => {
  const members = listOf(header)(text)
  return members && Redacted.make(Object.fromEntries(members.map(({ name, value }) => [name, value])))
}

const header: Parse<{ readonly name: string; readonly value: string }> = (text) => {
  const { name, value } = /^(?<name>[!#$%&'*+.^_`|~\w-]+)\s*=\s*(?<value>[ -~]*)$/.exec(text)?.groups ?? {}
  if (name === undefined || value === undefined) return undefined
  try {
    return { name: name.toLowerCase(), value: decodeURIComponent(value) }
  } catch {
    return undefined
  }
}

/** Parses a share from 0 to 1. */
export const share: Parse<number> = (text) => {
  const value = isShort(text) && /^\d*\.?\d+$/.test(text) ? Number(text) : NaN
  return value <= 1 ? value : undefined
}

/** Checks that an address is https, or http on this machine. */
const isSafe = ({ hostname, protocol }: URL): boolean =>
  protocol === "https:" || (protocol === "http:" && isLoopback(hostname))

/** Parses the address of a web server: scheme, host and port. */
export const webOrigin: Parse<string> = (text) => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return isSafe(url) && withoutSlashes(url.href) === url.origin ? url.origin : undefined
}

/** Parses the receiver of notifications. The path of one of ntfy ends with the topic. */
export const notificationTarget: Parse<NotificationTarget> = (text) => {
  const kind = text.startsWith("ntfy+") ? "ntfy" : "webhook"
  const address = kind === "ntfy" ? text.slice("ntfy+".length) : text
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  if (!isSafe(url) || url.hash !== "") return undefined
  const isTopic = /\/[-_A-Za-z0-9]{1,64}$/.test(url.pathname) && url.search === ""
  return kind === "ntfy" && !isTopic ? undefined : { kind, url: Redacted.make(url.href) }
}

/** Parses an address that receives credentials. It must be https or on this machine. */
export const baseUrl: Parse<string> = (text) => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const plain = url.username === "" && url.password === "" && url.search === "" && url.hash === ""
  return isSafe(url) && plain ? withoutSlashes(text).replace(/\/0$/, "") : undefined
}

/** Parses the address of a WebSocket that receives credentials. It must be wss or on this machine. */
export const webSocketUrl: Parse<string> = (text) => {
  const found = /^ws(s?:.*)$/i.exec(text)
  return found && baseUrl(`http${found[1]}`) !== undefined ? withoutSlashes(text) : undefined
}

/** Names that stand for something else. */
const reservedNames: ReadonlyArray<string> = ["kraken", "local", "paper"]

/** Parses the name of a Kraken account. */
export const accountName: Parse<string> = (text) =>
  /^[a-z][a-z0-9-]{0,30}$/.test(text) && !reservedNames.includes(text) ? text : undefined

/** Parses different names of accounts besides the one without a name. */
export const accountNames: Parse<ReadonlyArray<string>> = (text) => {
  const names = listOf(accountName)(text)
  const isDifferent = new Set(names).size === names?.length
  return isDifferent && !names.includes("default") ? names : undefined
}

/** The values of `sslmode`. Those of libpq that fall back to an unencrypted connection are left out. */
const sslModes = ["disable", "require", "verify-ca", "verify-full", "no-verify"]

/** Parses the address of a database of PostgreSQL. */
export const databaseUrl: Parse<string> = (text) => {
  if (!URL.canParse(text)) return undefined
  const { hash, hostname, pathname, protocol, searchParams, username } = new URL(text)
  const isWhole = /^postgres(?:ql)?:$/.test(protocol) && hostname !== "" && username !== "" && hash === ""
  const isKnown = [...searchParams].every(([name, value]) =>
    name === "sslmode" ? sslModes.includes(value) : name === "sslrootcert" && value !== ""
  )
  const isOnce = new Set(searchParams.keys()).size === searchParams.size
  return isWhole && isKnown && isOnce && /^\/[^/]+$/.test(pathname) ? text : undefined
}

/** Parses complete base64. Text that was truncated while it was copied is usually invalid. */
export const base64: Parse<string> = (text) =>
  /^(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) ? text : undefined

/** Parses `USD=50000,BTC=1`: exact amounts above zero, each asset at most once. */
export const balances: Parse<Readonly<Record<string, string>>> = (text) => {
  const members = listOf(balance)(text) ?? []
  const amounts = new Map(members.map(({ amount, asset }) => [asset, amount]))
  return amounts.size === 0 || amounts.size < members.length ? undefined : Object.fromEntries(amounts)
}

const balance: Parse<{ readonly asset: string; readonly amount: string }> = (text) => {
  const [name = "", amount = "", ...rest] = text.split("=").map((part) => part.trim())
  const asset = findCommonAsset(name)
  if (asset === undefined || rest.length > 0 || !isDecimal(amount)) return undefined
  const value = D.decimal(amount)
  const fits = D.isPositive(value) && D.places(value) <= asset.decimals
  return fits ? { asset: asset.display, amount } : undefined
}

const levels: Record<string, LogLevel.LogLevel> = {
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warning: LogLevel.Warning,
  error: LogLevel.Error,
  critical: LogLevel.Fatal
}

export const logLevel: Parse<LogLevel.LogLevel> = (text) => {
  const lower = text.toLowerCase()
  return Object.hasOwn(levels, lower) ? levels[lower] : undefined
}
