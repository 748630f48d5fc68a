/**
 * The limit of Kraken that a call exceeded.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08-17
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
export type Limiter = "rest" | "engine" | "domain" | "public" | "concurrency" | "auth"

/**
 * The meaning of the texts in `error` for the caller.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
export type Meaning =
  /**
   * An unknown outcome: the call might have been carried out, or might still be. `retry`: asking again soon can help.
   */
  | { readonly _tag: "NoAnswer"; readonly retry: boolean }
  | { readonly _tag: "Lockout" }
  | { readonly _tag: "InvalidNonce" }
  | { readonly _tag: "Auth"; readonly reason: "key" | "signature" | "account" | "other" }
  | { readonly _tag: "Permission" }
  /** An exceeded limit. `until`: Unix seconds, if Kraken gives a time. */
  | { readonly _tag: "RateLimit"; readonly limiter: Limiter; readonly until?: number }
  | { readonly _tag: "MarketMode"; readonly mode: string }
  | { readonly _tag: "Order" }
  | { readonly _tag: "Funding" }
  | { readonly _tag: "Arguments" }
  /** A refusal whose text is known and fits none of the above. */
  | { readonly _tag: "Rejection" }
  /** An unknown text. */
  | { readonly _tag: "Other" }

/**
 * Classifies Kraken's texts, which begin with severity and category (`EOrder:Insufficient funds`) and vary in case and
 * in the space after a colon. Of several texts, one that leaves the outcome open wins, then the first known one.
 *
 * `isPrivate` is true for a private call, since Kraken words the limits of keys and of addresses alike.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
export const classify = (codes: ReadonlyArray<string>, isPrivate: boolean): Meaning => {
  const meanings = codes.map((code) => meaningOf(normalize(code), isPrivate))
  return (
    meanings.find(({ _tag }) => _tag === "NoAnswer") ??
    meanings.find(({ _tag }) => _tag !== "Other") ?? { _tag: "Other" }
  )
}

/**
 * Classifies Kraken's texts for a write. It counts as refused only if every text is known to be sent before Kraken does
 * anything. An unknown text leaves the outcome open.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
export const classifyWrite = (codes: ReadonlyArray<string>): Meaning =>
  codes.some((code) => meaningOf(normalize(code), true)._tag === "Other")
    ? { _tag: "NoAnswer", retry: false }
    : classify(codes, true)

/**
 * Reads `error` of an envelope, an array of texts or in old answers one text, into errors and warnings.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-intro read 2026-08-17
 */
export const readErrors = (error: unknown): { readonly codes: Array<string>; readonly warnings: Array<string> } => {
  const texts = (
    Array.isArray(error) ? error : error === undefined || error === null || error === "" ? [] : [error]
  ).map((text) => (typeof text === "string" ? text : JSON.stringify(text)))
  return {
    codes: texts.filter((text) => !warning.test(text)),
    warnings: texts.filter((text) => warning.test(text))
  }
}

const warning = /^W[a-z]*:/i

const normalize = (code: string): string => code.trim().replace(/:\s+/g, ":").toLowerCase()

const meaningOf = (code: string, isPrivate: boolean): Meaning => {
  if (halfway.test(code) && !/^e\w+:invalid arguments/.test(code))
    return { _tag: "NoAnswer", retry: timeout.test(code) }
  const found = prefixes.find(([prefix]) => code.startsWith(prefix))
  if (found === undefined) return { _tag: "Other" }
  const [prefix, meaning] = found
  return typeof meaning === "function" ? meaning(code.slice(prefix.length), isPrivate) : meaning
}

const timeout = /tim(e|ed)[ -]?out/

/** Texts of any category that Kraken might send after it has begun. The name of an argument is not such a text. */
const halfway = new RegExp(`${timeout.source}|\\b(internal|unexpected|unknown) error`)

const limited = (limiter: Limiter): Meaning => ({ _tag: "RateLimit", limiter })
const auth = (reason: "key" | "signature" | "account" | "other"): Meaning => ({ _tag: "Auth", reason })

/**
 * Prefixes of Kraken's texts in lower case, with their meanings. The first match decides, so longer prefixes come
 * first.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
const prefixes: ReadonlyArray<readonly [string, Meaning | ((rest: string, isPrivate: boolean) => Meaning)]> = [
  ["egeneral:temporary lockout", { _tag: "Lockout" }],
  ["egeneral:permission denied", { _tag: "Permission" }],
  ["egeneral:invalid arguments", { _tag: "Arguments" }],
  ["egeneral:too many requests", limited("public")],
  ["egeneral:unknown method", { _tag: "Rejection" }],
  ["eapi:invalid nonce", { _tag: "InvalidNonce" }],
  ["eapi:invalid key", auth("key")],
  ["eapi:invalid signature", auth("signature")],
  ["eapi:rate limit", (_, isPrivate) => limited(isPrivate ? "rest" : "public")],
  ["eapi:invalid arguments", { _tag: "Arguments" }],
  ["eapi:bad request", { _tag: "Arguments" }],
  ["eapi:", { _tag: "Rejection" }],
  ["eauth:rate limit", limited("auth")],
  ["eauth:too many requests", limited("auth")],
  ["eauth:account", auth("account")],
  ["eauth:", auth("other")],
  // The account, not the key, lacks the permission. Kraken's text gives the reason.
  ["eaccount:", { _tag: "Rejection" }],
  ["esession:", auth("other")],
  ["equery:", { _tag: "Arguments" }],
  ["eorder:rate limit", limited("engine")],
  ["eorder:domain rate limit", limited("domain")],
  ["eorder:", { _tag: "Order" }],
  ["etrade:", { _tag: "Order" }],
  ["ebm:", { _tag: "Order" }],
  ["efunding:", { _tag: "Funding" }],
  ["eearnings:busy:another", { _tag: "Funding" }],
  ["eearnings:busy", { _tag: "NoAnswer", retry: true }],
  ["eearnings:", { _tag: "Funding" }],
  ["eservice:unavailable", { _tag: "NoAnswer", retry: true }],
  ["eservice:busy", { _tag: "NoAnswer", retry: true }],
  ["eservice:throttled", (rest) => throttled(/\d+/.exec(rest)?.[0])],
  ["eservice:market in ", (rest) => ({ _tag: "MarketMode", mode: rest.replace(/ mode$/, "") })],
  // A passed deadline, and any text that the engine might add later: the order might exist.
  ["eservice:", { _tag: "NoAnswer", retry: false }],
  ["edatabase:", { _tag: "NoAnswer", retry: false }]
]

const throttled = (until: string | undefined): Meaning =>
  until === undefined ? limited("concurrency") : { _tag: "RateLimit", limiter: "concurrency", until: Number(until) }
