import { Duration, LogLevel } from "effect"
import { isLoopback } from "../http/guard.ts"

/** From the text of a setting to its value; undefined where the text does not fit. */
export type Parse<A> = (text: string) => A | undefined

export const text: Parse<string> = (text) => text

export const boolean: Parse<boolean> = (text) => {
  const lower = text.toLowerCase()
  return lower === "true" ? true : lower === "false" ? false : undefined
}

export const oneOf =
  <const A extends string>(...values: ReadonlyArray<A>): Parse<A> =>
  (text) =>
    values.find((value) => value === text.toLowerCase())

/** A list with commas between its members; none may be unknown. */
export const listOf =
  <A>(member: Parse<A>): Parse<ReadonlyArray<A>> =>
  (text) => {
    const parts = text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
    const members = parts.flatMap((part) => member(part) ?? [])
    return members.length === parts.length && parts.length > 0 ? members : undefined
  }

export const port: Parse<number> = (text) => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  return value <= 65_535 ? value : undefined
}

export const seconds =
  (least: number, most: number): Parse<Duration.Duration> =>
  (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
    return value >= least && value <= most ? Duration.seconds(value) : undefined
  }

/** Without the slash at its end, so that `/mcp` and `/mcp/` are one. */
export const path: Parse<string> = (text) => {
  const bare = text.replace(/\/+$/, "")
  return /^\/[^\s?#]*$/.test(text) && bare !== "/health" ? bare : undefined
}

export const host: Parse<string> = (text) =>
  /^[A-Za-z0-9._:[\]-]+$/.test(text) ? text.replace(/^\[|\]$/g, "") : undefined

/** Credentials go there, so it is https, or this machine. */
export const baseUrl: Parse<string> = (text) => {
  if (!URL.canParse(text)) return undefined
  const { hash, hostname, password, protocol, search, username } = new URL(text)
  const safe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname))
  const plain = username === "" && password === "" && search === "" && hash === ""
  return safe && plain ? text.replace(/\/+$/, "").replace(/\/0$/, "") : undefined
}

export const base64: Parse<string> = (text) =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? text : undefined

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
