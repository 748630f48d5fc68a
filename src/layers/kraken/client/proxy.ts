import { Effect, Schema } from "effect"
import { env } from "node:process"
import { getProxyForUrl } from "proxy-from-env"
import { isLoopback } from "../../network/loopback.ts"

/** The proxy that the environment names can't be used. `reason` does not hold its address, which might have a password. */
export class ProxyUnusable extends Schema.TaggedError<ProxyUnusable>()("ProxyUnusable", {
  variable: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The proxy in ${this.variable} can't be used: ${this.reason}.`
  }
}

/** Variables that name the proxy for https, as of curl, in order of precedence. */
const variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]

/** A proxy, without credentials in its address. */
export interface Proxy {
  readonly variable: string
  readonly url: URL
  /** The value of the header `Proxy-Authorization`. Undefined for a proxy without credentials. */
  readonly authorization: string | undefined
}

/**
 * Finds the proxy of the environment for requests to `baseUrl`. Undefined if there is none, if `NO_PROXY` names the host,
 * and for a host on this machine, which no proxy reaches.
 */
export const findProxy = Effect.fn("HttpClient.findProxy")(function* (baseUrl: string) {
  const variable = variables.find((name) => (env[name] ?? "") !== "")
  if (variable === undefined || isLoopback(new URL(baseUrl).hostname) || isExempt(baseUrl)) return
  const text = env[variable] ?? ""
  const unusable = (reason: string) => new ProxyUnusable({ variable, reason })
  const address = text.includes("://") ? text : `http://${text}`
  if (!URL.canParse(address)) return yield* unusable("its address is not a URL")
  const url = new URL(address)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return yield* unusable(`expected an address that begins with http:// or https://, got ${url.protocol}//…`)
  }
  const decode = (part: string) =>
    Effect.try({ try: () => decodeURIComponent(part), catch: () => unusable("its credentials have a broken % escape") })
  const hasCredentials = url.username !== "" || url.password !== ""
  const credentials = `${yield* decode(url.username)}:${yield* decode(url.password)}`
  url.username = ""
  url.password = ""
  const authorization = hasCredentials ? `Basic ${Buffer.from(credentials).toString("base64")}` : undefined
  return { variable, url, authorization } satisfies Proxy as Proxy
})

/** Checks that `NO_PROXY` names the host of an address, or a domain above it without a dot before it, as curl reads it. */
const isExempt = (address: string): boolean => {
  if (getProxyForUrl(address) === "") return true
  const { hostname } = new URL(address)
  const domains = (env["no_proxy"] || env["NO_PROXY"] || "").toLowerCase().split(/[\s,]+/)
  return domains.some((domain) => domain !== "" && hostname.endsWith(`.${domain}`))
}
