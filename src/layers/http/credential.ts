import { Option, Redacted } from "effect"

/** The token of a request, and its URL without the token. */
export interface Credential {
  readonly token: Option.Option<Redacted.Redacted>
  /** Path and query as later handlers and the log see them. */
  readonly url: string
}

/**
 * Reads the bearer token of a request: from `Authorization: Bearer`, or if that header is absent, from the first
 * non-empty `apikey` of the query. That parameter is removed from the URL; other parameters keep their order.
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

/** Masks the value of `apikey=` in a URL for the log. */
export const printable = (url: string): string => url.replace(/(apikey=)[^&\s"']+/gi, "$1***")
