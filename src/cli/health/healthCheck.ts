import { Console, Data, Effect, Option } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import { urlHost } from "../../layers/network/urlHost.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { Config } from "../../services/Config.ts"

/** No healthy server answers at the configured address: exit code 1. */
export class Unhealthy extends Data.TaggedError("Unhealthy")<{ readonly message: string }> {}

/** Asks the server on this machine, following every setting that changes its address. */
export const checkHealth = (envFile: Option.Option<string>) => Effect.provide(check, ConfigEnv(Needs.health, envFile))

const check = Effect.gen(function* () {
  const url = healthUrl(yield* Config)
  const unhealthy = (what: string) => new Unhealthy({ message: `${url} ${what}` })
  const status = yield* ask(url).pipe(
    Effect.mapError((error) => unhealthy(`does not answer: ${reasonOf(error)}`)),
    Effect.timeoutFail({ duration: "3 seconds", onTimeout: () => unhealthy("does not answer within 3 seconds") })
  )
  if (status !== 200) return yield* unhealthy(`answers with status ${status}`)
  yield* Console.log(`${url} is up`)
})

export const healthUrl = ({ host, port, tls }: Pick<typeof Config.Service, "host" | "port" | "tls">): string => {
  const scheme = Option.isSome(tls) ? "https" : "http"
  return `${scheme}://${urlHost(host)}:${port}/health`
}

/** Joins the errors of a host name with several addresses, for which Node gives no message of its own. */
const reasonOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map(({ message }) => message).join("; ") : error.message

const ask = (url: string) =>
  Effect.async<number | undefined, Error>((resume) => {
    const answered = (response: Http.IncomingMessage) => {
      response.resume()
      resume(Effect.succeed(response.statusCode))
    }
    // The certificate names the public host, not this address, so it is not verified. The request carries no secret.
    const request = url.startsWith("https:")
      ? Https.get(url, { rejectUnauthorized: false, agent: false }, answered)
      : Http.get(url, { agent: false }, answered)
    request.once("error", (error) => resume(Effect.fail(error)))
    return Effect.sync(() => request.destroy())
  })
