import { Option, Redacted } from "effect"

/** What a request shows to be let in, and its URL without it. */
export interface Credential {
  readonly token: Option.Option<Redacted.Redacted>
  /** Path and query as everything behind sees and logs them. */
  readonly url: string
}

/**
 * The bearer token of a request: from `Authorization: Bearer`, or, where there is no such header at all, from the first
 * `apikey` of the query that is not empty. That one is taken out of the URL; other parameters keep their order.
 */
export const credential = (authorization: string | undefined, url: string, queryToken: boolean): Credential => {
  if (authorization !== undefined) return { token: bearer(authorization), url }
  const at = url.indexOf("?")
  if (!queryToken || at < 0) return { token: Option.none(), url }
  const parameters = [...new URLSearchParams(url.slice(at + 1))]
  const index = parameters.findIndex(([name, value]) => name === "apikey" && value !== "")
  const found = parameters[index]
  if (found === undefined) return { token: Option.none(), url }
  const rest = new URLSearchParams(parameters.filter((_, i) => i !== index)).toString()
  return {
    token: Option.some(Redacted.make(found[1])),
    url: rest === "" ? url.slice(0, at) : `${url.slice(0, at)}?${rest}`
  }
}

const bearer = (authorization: string): Option.Option<Redacted.Redacted> => {
  const token = /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1]
  return token === undefined ? Option.none() : Option.some(Redacted.make(token))
}

/** A URL as it may be logged: whatever stands behind `apikey=` is hidden. */
export const printable = (url: string): string => url.replace(/(apikey=)[^&\s"']+/gi, "$1***")
