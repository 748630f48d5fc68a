/** Which of Kraken's limits a call has run into. */
export type Limiter = "rest" | "engine" | "domain" | "public" | "concurrency" | "auth"

/** What Kraken's words in `error` mean for the caller. */
export type Meaning =
  /** The call may have been carried out, or may still be; `retry`: asking again soon can help. */
  | { readonly _tag: "NoVerdict"; readonly retry: boolean }
  | { readonly _tag: "Lockout" }
  | { readonly _tag: "InvalidNonce" }
  | { readonly _tag: "Auth"; readonly reason: "key" | "signature" | "account" | "other" }
  | { readonly _tag: "Permission" }
  /** `until`: Unix seconds, where Kraken says it. */
  | { readonly _tag: "RateLimit"; readonly limiter: Limiter; readonly until?: number }
  | { readonly _tag: "MarketMode"; readonly mode: string }
  | { readonly _tag: "Order" }
  | { readonly _tag: "Funding" }
  | { readonly _tag: "Arguments" }
  /** Refused in words that are known and fit none of the above. */
  | { readonly _tag: "Rejection" }
  /** Unknown words. */
  | { readonly _tag: "Other" }

/**
 * The meaning of Kraken's texts, which begin with severity and category (`EOrder:Insufficient funds`) and vary in case
 * and in the space after a colon. Of several, one that leaves the outcome open wins, then the first that is known.
 *
 * `isPrivate`: a private call was made; Kraken words the limits of keys and of addresses alike.
 */
export const classify = (codes: ReadonlyArray<string>, isPrivate: boolean): Meaning => {
  const meanings = codes.map((code) => meaningOf(normalize(code), isPrivate))
  return (
    meanings.find(({ _tag }) => _tag === "NoVerdict") ??
    meanings.find(({ _tag }) => _tag !== "Other") ?? { _tag: "Other" }
  )
}

/**
 * The meaning of Kraken's texts for a write, which is refused only if each of them is known to come before Kraken does
 * anything. Unknown words leave its outcome open.
 */
export const classifyWrite = (codes: ReadonlyArray<string>): Meaning =>
  codes.some((code) => meaningOf(normalize(code), true)._tag === "Other")
    ? { _tag: "NoVerdict", retry: false }
    : classify(codes, true)

/** `error` of an envelope, which is an array of texts or, in old answers, one text: errors and warnings apart. */
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
    return { _tag: "NoVerdict", retry: timeout.test(code) }
  const found = prefixes.find(([prefix]) => code.startsWith(prefix))
  if (found === undefined) return { _tag: "Other" }
  const [prefix, meaning] = found
  return typeof meaning === "function" ? meaning(code.slice(prefix.length), isPrivate) : meaning
}

const timeout = /tim(e|ed)[ -]?out/

/** Words, of whatever category, that Kraken may say after it has begun. The name of an argument is not one of them. */
const halfway = new RegExp(`${timeout.source}|\\b(internal|unexpected|unknown) error`)

const limited = (limiter: Limiter): Meaning => ({ _tag: "RateLimit", limiter })
const auth = (reason: "key" | "signature" | "account" | "other"): Meaning => ({ _tag: "Auth", reason })

/** The first prefix that fits decides, so the longer ones come first. Lower case. */
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
  // The account, not the key, may not do this; Kraken's words say why.
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
  ["eearnings:busy", { _tag: "NoVerdict", retry: true }],
  ["eearnings:", { _tag: "Funding" }],
  ["eservice:unavailable", { _tag: "NoVerdict", retry: true }],
  ["eservice:busy", { _tag: "NoVerdict", retry: true }],
  ["eservice:throttled", (rest) => throttled(/\d+/.exec(rest)?.[0])],
  ["eservice:market in ", (rest) => ({ _tag: "MarketMode", mode: rest.replace(/ mode$/, "") })],
  // The deadline has passed, and whatever else the engine may say some day: the order may exist.
  ["eservice:", { _tag: "NoVerdict", retry: false }],
  ["edatabase:", { _tag: "NoVerdict", retry: false }]
]

const throttled = (until: string | undefined): Meaning =>
  until === undefined ? limited("concurrency") : { _tag: "RateLimit", limiter: "concurrency", until: Number(until) }
