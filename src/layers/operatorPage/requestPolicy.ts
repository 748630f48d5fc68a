import type { IncomingHttpHeaders } from "node:http"
import type { Config } from "../../services/Config.ts"
import { makeHostPolicy } from "../http/hostPolicy.ts"

/** The kinds of resources that a page in a page is. */
const framed = new Set(["iframe", "frame", "embed", "object"])

/**
 * Makes a check of the headers of a request, before anything else looks at it. Returns the reason if it is refused: it
 * names another host (a name that an attacker lets point here), bears a token, is framed, or posts a form of another page.
 */
export const makeRequestPolicy = ({
  operator,
  operatorUrl
}: Pick<typeof Config.Service, "operator" | "operatorUrl">) => {
  const names = operatorUrl === undefined ? [] : [new URL(operatorUrl).hostname]
  const refuseHost = makeHostPolicy({
    host: operator?.host ?? "",
    allowedHosts: [...(operator === undefined ? [] : [operator.host]), ...names],
    allowedOrigins: [],
    // Every host is checked, not only on loopback.
    authDisabled: true
  })
  return (method: string | undefined, headers: IncomingHttpHeaders): string | undefined => {
    const { authorization, host = "", origin } = headers
    if (refuseHost(undefined, host) !== undefined)
      return "This host name is not one of this page. MCP_KRAKEN_OPERATOR_URL names the address by which it is opened."
    if (authorization !== undefined) return "This page takes no token."
    if (framed.has(text(headers["sec-fetch-dest"]))) return "This page cannot be framed."
    if (method !== "POST") return undefined
    const isOwn = origin !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
    const site = headers["sec-fetch-site"]
    return isOwn && (site === undefined || site === "same-origin") ? undefined : "This form is not one of this page."
  }
}

const text = (value: string | ReadonlyArray<string> | undefined): string => String(value ?? "")
