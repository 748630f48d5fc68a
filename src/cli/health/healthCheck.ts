import { Console, Data, Effect, Option } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
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
    Effect.mapError(({ message }) => unhealthy(`does not answer: ${message}`)),
    Effect.timeoutFail({ duration: "3 seconds", onTimeout: () => unhealthy("does not answer within 3 seconds") })
  )
  if (status !== 200) return yield* unhealthy(`answers with status ${status}`)
  yield* Console.log(`${url} is up`)
})

export const healthUrl = ({ host, port, tls }: Pick<typeof Config.Service, "host" | "port" | "tls">): string => {
  const address = anywhere[host] ?? host
  return `${Option.isSome(tls) ? "https" : "http"}://${address.includes(":") ? `[${address}]` : address}:${port}/health`
}

/** The addresses that mean every interface, with the loopback address to ask instead. */
const anywhere: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "::1" }

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
