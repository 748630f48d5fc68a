import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect } from "effect"
import { Agent as HttpAgent } from "node:http"
import { Agent as HttpsAgent } from "node:https"
import { makeAbortableHttpClient } from "../../../layers/kraken/client/nodeHttpClient.ts"
import { bearer, type Address } from "../kit/connection.ts"
import { SetupRefusal } from "../kit/refusal.ts"
import type { Send } from "./session.ts"

/** Makes the way to call a server at an address with a token. Redirects are not followed: they would get the token. */
export const callServer = ({ token, url }: Address): Send => {
  const client = makeAbortableHttpClient({ http: new HttpAgent(), https: new HttpsAgent() })
  let session: string | undefined
  const headers = () => ({
    authorization: bearer(token),
    accept: "application/json, text/event-stream",
    ...(session !== undefined && { "mcp-session-id": session, "mcp-protocol-version": "2025-06-18" })
  })
  return Effect.fnUntraced(function* (message) {
    const request = HttpClientRequest.post(url, { headers: headers() }).pipe(
      HttpClientRequest.bodyText(JSON.stringify(message), "application/json")
    )
    const { body, status } = yield* client.execute(request).pipe(
      Effect.tap((response) =>
        Effect.sync(() => {
          session ??= response.headers["mcp-session-id"]
        })
      ),
      Effect.flatMap((response) => Effect.map(response.text, (body) => ({ body, status: response.status }))),
      Effect.mapError((error) => new SetupRefusal({ message: `${url} can't be called: ${reasonOf(error)}.` }))
    )
    if (status === 202) return undefined
    return status === 200 ? yield* answerIn(body, url) : yield* refused(status, body, url)
  })
}

/** Reads an answer from JSON, or from the first event of a stream. */
const answerIn = (body: string, url: string): Effect.Effect<unknown, SetupRefusal> =>
  Effect.try({
    try: (): unknown => JSON.parse(/^data: ?(\{.*)$/m.exec(body)?.[1] ?? body),
    catch: () => new SetupRefusal({ message: `${url} is no MCP server.` })
  })

const refused = (status: number, body: string, url: string) => {
  if (status === 401 && /paper mode/.test(body))
    return new SetupRefusal({ message: `${url} does not take a token for paper mode.`, isOfToken: true })
  if (status === 401) return new SetupRefusal({ message: `${url} does not take the token.`, isOfToken: true })
  return new SetupRefusal({
    message: `${url} answers with status ${status}.${status === 404 ? " Its path might be another one." : ""}`
  })
}

/** Returns the codes of an error of the network, such as ECONNREFUSED. A host name can have several addresses. */
const reasonOf = (error: unknown): string => {
  const { cause } = Object(error)
  const causes: ReadonlyArray<unknown> = cause instanceof AggregateError ? cause.errors : [cause]
  return [...new Set(causes.map((one) => String(Object(one).code ?? Object(one).message ?? "unknown")))].join(", ")
}
