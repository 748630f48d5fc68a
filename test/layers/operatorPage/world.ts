import { Context, Effect, Layer, Logger, Option } from "effect"
import { createHash, randomBytes, scryptSync } from "node:crypto"
import { readFileSync } from "node:fs"
import { request as send, type IncomingHttpHeaders } from "node:http"
import { request as sendSecurely } from "node:https"
import { join } from "node:path"
import type { Outcome, Plan as PlanEvent } from "../../../src/domain/record/events.ts"
import { planHash } from "../../../src/layers/access/approvals/planHash.ts"
import { boundOf, show } from "../../../src/layers/access/approvals/readPlans.ts"
import { freeze, holdingOf } from "../../../src/layers/access/mandates/administer.ts"
import { append } from "../../../src/layers/access/record/append.ts"
import { layout } from "../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { OperatorSecretSql } from "../../../src/layers/access/secret/OperatorSecretSql.ts"
import { OperatorPage, OperatorPageHttp } from "../../../src/layers/operatorPage/OperatorPage.ts"
import { openImmediateDatabase } from "../../../src/layers/storage/immediateDatabase.ts"
import type { Body } from "../../../src/layers/storage/transactionalDatabase.ts"
import type { Config } from "../../../src/services/Config.ts"
import { OperatorSecret, type PreparedSecret } from "../../../src/services/OperatorSecret.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

export const passphrase = "correct horse battery staple"

const loopback = { host: "127.0.0.1", port: 0 } as const

/** The agent that asks. */
export const agent = { id: "agent0000001", name: "trader" } as const

const key = "ab".repeat(32)

/** A withdrawal that waits for a person, with all facts that can be shown. */
const withdrawal: Omit<PlanEvent, "at" | "expires" | "hash"> = {
  kind: "plan",
  actor: agent,
  key,
  account: "live",
  endpoint: "private/Withdraw",
  request: { asset: "XXBT", key: "cold wallet", amount: "0.25" },
  claim: { spends: [{ kind: "funds", asset: "BTC", amount: "0.25", counts: [] }] },
  asks: ["funds"],
  tolerance: "1",
  said: "The owner asked me to move the profit of this month to the cold wallet.",
  quote: {
    sends: { asset: "XXBT", key: "cold wallet", amount: "0.25" },
    prices: [],
    worst: [{ asset: "BTC", amount: "0.25" }],
    values: [{ currency: "USD", amount: "24012.50" }],
    feeRates: [],
    fee: { asset: "BTC", amount: "0.0001" },
    address: "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    balances: [{ asset: "BTC", before: "1.75", after: "1.5" }],
    limits: [
      { layer: "mandate", limit: "max/day", unit: "USD", allowed: "30000", left: "30000", after: "5987.50" },
      { layer: "server", limit: "max/day", unit: "USD", allowed: "50000", left: "41000", after: "16987.50" }
    ],
    missing: []
  }
}

/** Hashes a passphrase at the least cost that is accepted. */
const cheaplyHashed = (text: string): PreparedSecret => {
  const parameters = { N: 2 ** 14, r: 1, p: 1, length: 32 }
  const salt = randomBytes(32)
  const hash = scryptSync(text, salt, parameters.length, parameters)
  return {
    salt: salt.toString("hex"),
    hash: hash.toString("hex"),
    parameters: JSON.stringify(parameters),
    fingerprint: createHash("sha256").update(salt).update(hash).digest("hex").slice(0, 16)
  }
}

/** An installation with an operator secret and a page, and a record in which a test makes plans. */
export const makeWorld = Effect.fnUntraced(function* (changes: Partial<typeof Config.Service> = {}) {
  const folder = yield* temporaryFolder
  const address = changes.operator ?? loopback
  const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
  const config = TestConfig({ stateDir: folder, ...changes, operator: address })
  const lines: Array<string> = []
  const log = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ annotations, message }) => void lines.push(JSON.stringify([message, [...annotations]])))
  )
  const context = yield* Layer.build(
    OperatorPageHttp(address).pipe(
      Layer.provideMerge(OperatorSecretSql),
      Layer.provide(config),
      Layer.provideMerge(log)
    )
  )
  const { port } = Context.get(context, OperatorPage)
  const secret = Context.get(context, OperatorSecret)
  const setPassphrase = Effect.fnUntraced(function* (text: string) {
    yield* secret.store(cheaplyHashed(text), yield* secret.current)
  })
  const write = <A>(body: Body<A>) => Effect.orDie(db.write(body))
  return {
    lines,
    write,
    setPassphrase,
    port,
    /** The certificate of the page, if it has TLS. */
    certificate: Option.getOrUndefined(
      Option.map(changes.tls ?? Option.none(), ({ certFile }) => readFileSync(certFile))
    ),
    /** The host that browsers open, as it stands in an address. */
    host: address.host.includes(":") ? `[${address.host}]` : loopback.host,
    url: `http://127.0.0.1:${port}`,
    /** Makes a plan, and returns its number. */
    ask: ({ quote, ...changes }: Partial<Omit<PlanEvent, "hash">> = {}) =>
      write(function* ({ wall }) {
        const event: PlanEvent = {
          ...withdrawal,
          at: wall,
          expires: wall + 600_000,
          ...changes,
          quote: { ...withdrawal.quote, ...quote },
          hash: ""
        }
        return (yield* append({ ...event, hash: planHash(boundOf(event)) })).seq
      }),
    state: (plan: number) =>
      write(function* ({ wall }) {
        return (yield* show(wall, plan))?.state
      }),
    isFrozen: write(function* () {
      return (yield* holdingOf(agent.id)).frozen !== undefined
    }),
    freeze: write(({ wall }) => freeze(wall, { caller: agent.id, frozen: true })),
    /** Records that a plan's write has left, as a server does that carries it out. */
    begin: (plan: number) =>
      write(function* ({ wall }) {
        return (yield* append({
          kind: "intent",
          at: wall,
          actor: agent,
          key,
          account: "live",
          endpoint: withdrawal.endpoint,
          request: withdrawal.request,
          fingerprints: [],
          leaveBy: wall + 30_000,
          approval: plan
        })).seq
      }),
    /** Records the outcome of a write. */
    end: (intent: number, outcome: Partial<Outcome> = {}) =>
      write(({ wall }) =>
        append({
          kind: "outcome",
          at: wall,
          actor: agent,
          intent,
          outcome: "happened",
          ids: ["FTQcuak-V6Za8qrWnhzTx67yYHz8Tg"],
          ...outcome
        })
      )
  }
})

export type World = Effect.Effect.Success<ReturnType<typeof makeWorld>>

/** An installation whose operator secret is set. */
export const makeReadyWorld = Effect.fnUntraced(function* (changes: Partial<typeof Config.Service> = {}) {
  const world = yield* makeWorld(changes)
  yield* world.setPassphrase(passphrase)
  return world
})

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

interface Sending {
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
  readonly form?: { readonly [name: string]: string }
}

/** Sends a request as a browser would from the page itself, except for `headers`. An empty header is left out. */
export const call = (world: World, path: string, { form, headers = {}, method }: Sending = {}) =>
  Effect.async<Answer>((resume) => {
    const { certificate, host, port } = world
    const scheme = certificate === undefined ? "http" : "https"
    const origin = form === undefined ? {} : { origin: `${scheme}://${host}:${port}` }
    const type = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }
    const all = Object.entries({ ...origin, ...type, ...headers }).filter(([, value]) => value !== "")
    const options = {
      port,
      path,
      host: host.replaceAll(/[[\]]/g, ""),
      method: method ?? (form ? "POST" : "GET"),
      headers: Object.fromEntries(all),
      ...(certificate !== undefined && { ca: certificate, servername: "kraken.example" })
    }
    const request = (certificate === undefined ? send : sendSecurely)(options, (response) => {
      let text = ""
      response.on("data", (chunk: Buffer) => {
        text += String(chunk)
      })
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text }))
      )
    })
    request.on("error", (error) => resume(Effect.die(error)))
    request.end(form && new URLSearchParams(form).toString())
  })

/** Logs in, and returns the folder of the session, its cookie and the token of its forms. */
export const logIn = Effect.fnUntraced(function* (world: World) {
  const { headers } = yield* call(world, "/log-in", { form: { passphrase } })
  const folder = (headers.location ?? "").replace(/\/$/, "")
  const [cookie = ""] = headers["set-cookie"]?.[0]?.split(";") ?? []
  const { text } = yield* call(world, `${folder}/`, { headers: { cookie } })
  const csrf = fieldIn(text, "csrf")
  return {
    folder,
    cookie,
    csrf,
    /** Reads a page of the session. */
    read: (path: string) => call(world, `${folder}${path}`, { headers: { cookie } }),
    /** Sends the form of a plan as its page holds it, except for `changes`. */
    answer: Effect.fnUntraced(function* (plan: number, answer: string, changes: Sending = {}) {
      const path = `${folder}/plans/${plan}`
      const { text } = yield* call(world, path, { headers: { cookie } })
      const form = { csrf, shown: fieldIn(text, "shown"), answer, ...changes.form }
      return yield* call(world, path, { ...changes, headers: { cookie, ...changes.headers }, form })
    })
  }
})

/** Reads the value of a hidden field. Empty if the page has none. */
const fieldIn = (page: string, name: string): string =>
  new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page)?.[1] ?? ""
