import { Duration, LogLevel } from "effect"
import { isIP } from "node:net"
import { isDecimal, isShort } from "../../domain/numbers/numberText.ts"
import { findCommonAsset } from "../../domain/assets/commonAssets.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { isLoopback } from "../network/loopback.ts"

/** From the text of a setting to its value; undefined where the text does not fit. */
export type Parse<A> = (text: string) => A | undefined

export const text: Parse<string> = (text) => (text === "" ? undefined : text)

/** Fits into a header. */
export const printable: Parse<string> = (text) => (/^[!-~]+$/.test(text) ? text : undefined)

export const boolean: Parse<boolean> = (text) => {
  const lower = text.toLowerCase()
  return lower === "true" ? true : lower === "false" ? false : undefined
}

export const oneOf =
  <const A extends string>(...values: ReadonlyArray<A>): Parse<A> =>
  (text) =>
    values.find((value) => value === text.toLowerCase())

/** A list with commas between its members; each has to fit. */
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

/** Some of these, in their own order, or all. */
export const someOf =
  <const A extends string>(values: ReadonlyArray<A>): Parse<ReadonlyArray<A>> =>
  (text) => {
    if (text.toLowerCase() === "all") return values
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

/** Without the slash at its end, so that `/mcp` and `/mcp/` are one. */
export const path: Parse<string> = (text) => {
  const bare = withoutSlashes(text)
  return /^\/[^\s?#]*$/.test(text) && bare !== "/health" ? bare : undefined
}

/** Without the slashes at its end. The look behind keeps a run of them that is not at the end from being read anew at each. */
const withoutSlashes = (text: string): string => text.replace(/(?<!\/)\/+$/, "")

const name = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)$/i

/** A name or an address, in brackets or not. */
export const host: Parse<string> = (text) =>
  isIP(text) > 0 || name.test(text) ? text.replace(/^\[|\]$/g, "") : undefined

/** As in the Host header: a name, and a port where it is not the usual one. */
export const hostHeader: Parse<string> = (text) => (name.test(text.replace(/:\d{1,5}$/, "")) ? text : undefined)

/** As in the Origin header, or the host name in it. */
export const origin: Parse<string> = (text) => {
  const bare = text.replace(/\/$/, "")
  return name.test(bare.replace(/^https?:\/\//i, "").replace(/:\d{1,5}$/, "")) ? bare : undefined
}

/** Credentials go there, so it is https, or this machine. */
export const baseUrl: Parse<string> = (text) => {
  if (!URL.canParse(text)) return undefined
  const { hash, hostname, password, protocol, search, username } = new URL(text)
  const safe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname))
  const plain = username === "" && password === "" && search === "" && hash === ""
  return safe && plain ? withoutSlashes(text).replace(/\/0$/, "") : undefined
}

/** Base64 in full: a text that was cut while it was copied mostly does not fit. */
export const base64: Parse<string> = (text) =>
  /^(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) ? text : undefined

/** `USD=50000,BTC=1`: what there is of each asset, exactly, above zero, each once. */
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
