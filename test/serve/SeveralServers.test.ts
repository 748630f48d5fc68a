import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Option, Redacted, Schedule } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { OperatorSecretSql } from "../../src/layers/access/secret/OperatorSecretSql.ts"
import { OperatorSecret } from "../../src/services/OperatorSecret.ts"
import { makeCommandLine } from "../cli/commandLine.ts"
import { makeDatabaseProxy } from "../databaseProxy.ts"
import { delayAfter } from "../doubles/fake/Faults.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { builtOnce } from "../builtOnce.ts"
import { freePort } from "../freePort.ts"
import { postgres } from "../databases.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../postgres.ts"
import { type House, houseBeside, makeHouse, overHttp, startHttp } from "./Server.ts"

/** Three servers of three machines, which share an API key and a database and nothing else. */

const passphrase = "correct horse battery staple"

type Variables = Readonly<Record<string, string>>

const names = ["one", "two", "three"] as const

/** The settings of machines whose state is in a database. */
const machinesOf = ({ folder, variables }: House, url: Redacted.Redacted, more: Variables = {}) => {
  const machine = (name: string) => {
    const stateDir = join(folder, name)
    mkdirSync(stateDir, { recursive: true })
    const { MCP_KRAKEN_TOKEN_DB: _, ...others } = variables
    return { ...others, ...more, MCP_KRAKEN_STATE_DIR: stateDir, MCP_KRAKEN_DATABASE_URL: Redacted.value(url) }
  }
  return machine
}

/** Starts the servers. `database` is where they look for it, if that is not the place itself. */
const makeServers = Effect.fnUntraced(function* (
  house: House,
  {
    database,
    more = {},
    of = {}
  }: {
    readonly database?: Redacted.Redacted
    readonly more?: Variables
    /** Settings of one of them. */
    readonly of?: Readonly<Record<string, Variables>>
  } = {}
) {
  const url = database ?? (yield* newPostgresDatabase)
  const machine = machinesOf(house, url, more)
  const { run } = yield* makeCommandLine
  const command = (words: ReadonlyArray<string>) => run(words, machine("elsewhere"))
  /** Runs a command with the passphrase. */
  const guarded = (words: ReadonlyArray<string>, variables: Variables) =>
    run([...words, "--passphrase-fd", "0"], variables, `${passphrase}\n`)
  /** The same on a machine that knows nothing but the address of the database. */
  const approver = (words: ReadonlyArray<string>) => guarded(words, { MCP_KRAKEN_DATABASE_URL: Redacted.value(url) })
  const tokenOf = (...limits: ReadonlyArray<string>) =>
    Effect.map(
      guarded(["token", "create", "agent", ...limits, "--json"], machine("elsewhere")),
      ({ stderr, stdout }) => {
        assert.notStrictEqual(stdout, "", stderr)
        const { token }: { readonly token: string } = JSON.parse(stdout)
        return token
      }
    )
  const servers = yield* Effect.forEach(
    names,
    (name) => startHttp({ ...house, variables: machine(name) }, [], of[name] ?? {}),
    { concurrency: "unbounded" }
  )
  const clients = (token: string) => Effect.forEach(servers, ({ url }) => overHttp({ url, token }))
  return { approver, clients, command, servers, tokenOf }
})

const call = (client: Client | undefined, name: string, args: Record<string, unknown> = {}) =>
  Effect.map(
    Effect.promise(() => client?.callTool({ name, arguments: args }) ?? Promise.reject(new Error("no client"))),
    ({ _meta, content, isError, structuredContent }) => ({
      isError: isError === true,
      text: JSON.stringify(content),
      answer: Object(structuredContent),
      refusal: Object(Object(_meta)["mcp-kraken/refusal"])
    })
  )

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "20000", volume: "0.01" }

/** Orders that differ from each other, so that none is taken for a repetition. */
const orderOf = (n: number) => ({ ...order, price: String(20_000 + n) })

const until = (condition: () => boolean) =>
  Effect.sync(condition).pipe(Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("20 millis") }))

/** Repeats a call for up to a minute, until its answer is as it is wanted. Returns the last answer. */
const again = <A>(once: Effect.Effect<A>, isWanted: (answer: A) => boolean): Effect.Effect<A> =>
  Effect.retry(
    Effect.filterOrFail(once, isWanted, (answer) => answer),
    {
      schedule: Schedule.spaced("1 second"),
      times: 60
    }
  ).pipe(Effect.merge)

/** Makes `count` calls at once, spread over the clients. */
const spread = <A>(
  clients: ReadonlyArray<Client>,
  count: number,
  one: (client: Client | undefined, n: number) => Effect.Effect<A>
) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => n),
    (n) => one(clients[n % clients.length], n),
    {
      concurrency: "unbounded"
    }
  )

/** The fake, with the fees and the prices that limits need. */
const makeHouseWithPrices = Effect.map(makeHouse, (house) => {
  const fee = { fee: "0.4000", minfee: "0.1000", maxfee: "0.4000", nextfee: null, nextvolume: null, tiervolume: null }
  house.fake.answer("private/TradeVolume", {
    currency: "ZUSD",
    volume: "0.0000",
    fees: { XXBTZUSD: fee },
    fees_maker: { XXBTZUSD: fee }
  })
  house.fake.answer("public/Depth", {
    XXBTZUSD: { asks: [["20200.0", "10.000", 0]], bids: [["20199.0", "10.000", 0]] }
  })
  return house
})

const fieldIn = (page: string, name: string): string =>
  new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page)?.[1] ?? ""

/** Three servers of most tests, of which the second one has a page for approvals. */
class Three extends Context.Tag("mcp-kraken/test/serve/SeveralServers.test/Three")<
  Three,
  Effect.Effect.Success<ReturnType<typeof makeServers>> & {
    readonly fake: Effect.Effect.Success<typeof makeHouse>["fake"]
    readonly page: string
    /** Runs a statement beside the servers. */
    readonly rows: (text: string) => Effect.Effect<ReadonlyArray<object>>
  }
>() {}

const ThreeServers = Layer.scoped(
  Three,
  Effect.gen(function* () {
    const house = yield* makeHouseWithPrices
    const page = `http://127.0.0.1:${yield* freePort}`
    const { rows, settings } = yield* postgres.make
    const database = settings.databaseUrl ?? (yield* Effect.dieMessage("no database"))
    yield* Effect.gen(function* () {
      const secret = yield* OperatorSecret
      yield* secret.store(yield* secret.prepare(Redacted.make(passphrase)), Option.none())
    }).pipe(
      Effect.provide(Layer.provide(OperatorSecretSql, TestConfig({ stateDir: house.folder, databaseUrl: database })))
    )
    const servers = yield* makeServers(house, {
      database,
      of: { two: { MCP_KRAKEN_OPERATOR: page.slice("http://".length) } }
    })
    return { ...servers, fake: house.fake, page, rows: (text: string) => rows("", text) }
  })
)

describe.skipIf(isPostgresMissing)(`three servers with one API key, whose state is ${inPostgres}`, () => {
  describe("that go on from test to test", () => {
    const onServers = builtOnce(ThreeServers)

    it.scopedLive(
      "make 300 private calls at once, and Kraken refuses no nonce",
      () =>
        onServers(
          Effect.gen(function* () {
            const { clients, fake, rows, tokenOf } = yield* Three
            const connected = yield* clients(yield* tokenOf())
            const answers = yield* spread(connected, 300, (client, offset) => call(client, "get_ledgers", { offset }))
            assert.deepStrictEqual(
              answers.filter(({ isError }) => isError).map(({ text }) => text),
              []
            )
            assert.deepStrictEqual(
              fake.seen.filter(({ outcome }) => outcome.includes("nonce")),
              []
            )
            assert.isAtLeast(fake.count("private/Ledgers"), 300)
            // One server asks for the permissions of the key, unless two begin at the same moment.
            assert.isAtMost(fake.count("private/GetApiKeyInfo"), names.length)
            const [{ most }] = (yield* rows(
              "SELECT count(*)::int AS most FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mcp-kraken'"
            )) as readonly [{ readonly most: number }]
            assert.isAtMost(most, 20 * names.length)
          })
        ),
      120_000
    )

    it.scopedLive(
      "keep the budget of a mandate together",
      () =>
        onServers(
          Effect.gen(function* () {
            const { clients, fake, tokenOf } = yield* Three
            const before = fake.count("private/AddOrder")
            // Each order is worth at least 200 dollars.
            const connected = yield* clients(
              yield* tokenOf("--access", "trade", "--max", "300USD/order", "--max", "1000USD/day", "--rate", "100/min")
            )
            const answers = yield* spread(connected, 30, (client, n) => call(client, "add_order", orderOf(n)))
            const placed = answers.filter(({ isError }) => !isError)
            assert.strictEqual(placed.length, 4, JSON.stringify(answers.slice(0, 3)))
            const refused = answers.filter(({ isError }) => isError)
            assert.isTrue(refused.some(({ refusal }) => refusal._tag === "LimitReached"))
            for (const { refusal, text } of refused)
              // On a busy machine, the database might not answer in time.
              if (refusal._tag !== undefined || !/^(?:Record|Kraken)Unavailable: /.test(text))
                assert.deepInclude(refusal, { _tag: "LimitReached", limit: "max/day" }, text)
            assert.strictEqual(fake.count("private/AddOrder") - before, 4)
            const { answer } = yield* call(connected[2], "get_my_mandate")
            const day = answer.limits.find(({ limit }: { readonly limit: string }) => limit === "max/day")
            assert.isAtLeast(Number(day.used), 800)
            assert.isAtMost(Number(day.used), 1000)
          })
        ),
      120_000
    )

    it.scopedLive(
      "carry out once what was asked at one and approved on the page of another, or on a machine without a server",
      () =>
        onServers(
          Effect.gen(function* () {
            const { approver, clients, fake, page, tokenOf } = yield* Three
            const token = yield* tokenOf(
              "--access",
              "full",
              "--max",
              "none/order",
              "--max",
              "none/day",
              "--withdraw",
              "btc-wallet-1=1BTC/day"
            )
            const connected = yield* clients(token)
            const [one, , three] = connected
            const ask = Effect.fnUntraced(function* (client: Client | undefined, amount: string) {
              const asked = yield* call(client, "withdraw", { asset: "XBT", key: "btc-wallet-1", amount })
              assert.isTrue(asked.isError)
              return /waits as approval (\d+)/.exec(asked.text)?.[1] ?? ""
            })
            const plan = yield* ask(one, "0.01")
            const post = (path: string, form: Variables, cookie = "") =>
              Effect.promise(() =>
                fetch(`${page}${path}`, {
                  method: "POST",
                  redirect: "manual",
                  headers: { origin: page, cookie },
                  body: new URLSearchParams(form)
                })
              )
            const loggedIn = yield* post("/log-in", { passphrase, plan })
            const path = loggedIn.headers.get("location") ?? ""
            const cookie = loggedIn.headers.get("set-cookie")?.split(";")[0] ?? ""
            const shown = yield* Effect.promise(() =>
              fetch(`${page}${path}`, { headers: { cookie } }).then((answer) => answer.text())
            )
            assert.include(shown, "btc-wallet-1")
            const form = { answer: "yes", csrf: fieldIn(shown, "csrf"), shown: fieldIn(shown, "shown") }
            assert.strictEqual((yield* post(path, form, cookie)).status, 303)
            const outcomes = yield* Effect.forEach(
              connected,
              (client) => call(client, "get_approval", { id: plan, wait_s: 30 }),
              { concurrency: "unbounded" }
            )
            for (const { text } of outcomes) assert.include(text, "happened")
            assert.strictEqual(fake.count("private/Withdraw"), 1)
            assert.include((yield* call(three, "get_activity")).text, "private/Withdraw")

            const approved = yield* approver(["approvals", "approve", yield* ask(three, "0.02"), "--json"])
            assert.strictEqual(approved.code, 0, approved.stderr)
            const { state } = JSON.parse(approved.stdout)
            assert.deepInclude(state, { _tag: "Sent" })
            assert.deepInclude(state.outcome, { outcome: "happened" })
            assert.strictEqual(fake.count("private/Withdraw"), 2)
          })
        ),
      120_000
    )

    it.scopedLive(
      "place no order after a panic elsewhere, which began while all of them placed some, and none is left",
      () =>
        onServers(
          Effect.gen(function* () {
            const { clients, command, fake, tokenOf } = yield* Three
            const connected = yield* clients(yield* tokenOf())
            const placed = () =>
              fake.seen.filter(({ endpoint, outcome }) => endpoint === "private/AddOrder" && outcome === "done").length
            let n = 0
            const place = (client: Client | undefined) => call(client, "add_order", orderOf(1000 + n++))
            for (const client of connected) assert.isFalse((yield* place(client)).isError)
            // Each server places orders until it refuses one.
            const placing = yield* Effect.forkAll(
              connected.map((client) => Effect.repeat(place(client), { until: ({ isError }) => isError }))
            )
            const panicked = yield* command(["panic"])
            assert.strictEqual(panicked.code, 0, panicked.stderr)
            const sent = placed()
            assert.deepStrictEqual(
              (yield* Fiber.join(placing)).map(({ refusal }) => refusal._tag),
              names.map(() => "Frozen")
            )
            assert.strictEqual(placed(), sent)
            const { answer } = yield* call(connected[0], "get_open_orders")
            assert.deepStrictEqual(answer.orders ?? answer.open, [])
          })
        ),
      120_000
    )
  })

  it.scopedLive(
    "share one rate budget, so that calls above it are not sent",
    () =>
      Effect.gen(function* () {
        const { keys, url } = yield* servedExchange({ rateLimits: true })
        const { full } = keys
        if (full === undefined) return yield* Effect.dieMessage("no key")
        const house = yield* houseBeside(url, full)
        const { clients, tokenOf } = yield* makeServers(house, { more: { MCP_KRAKEN_TIER: "starter" } })
        const connected = yield* clients(yield* tokenOf())
        const answers = yield* spread(connected, 12, (client, offset) => call(client, "get_ledgers", { offset }))
        const refused = answers.filter(({ isError }) => isError)
        // A call costs two points, so that four calls a server fit in a budget of its own. One budget for all takes fifteen
        // points, and some more while it recovers.
        assert.isAbove(refused.length, 0)
        for (const { text } of refused) assert.include(text, "private/Ledgers was not sent")
      }),
    120_000
  )

  it.scopedLive(
    "settle the write of one that is killed, send nothing twice and count it once",
    () =>
      Effect.gen(function* () {
        const house = yield* makeHouseWithPrices
        const { fake } = house
        const { clients, servers, tokenOf } = yield* makeServers(house)
        const [one, two] = yield* clients(yield* tokenOf("--budget", "1000USD"))
        fake.misbehave("private/AddOrder", delayAfter(60_000))
        yield* Effect.forkScoped(Effect.ignore(Effect.exit(call(one, "add_order", { ...order, volume: "0.005" }))))
        yield* until(() => fake.count("private/AddOrder") === 1)
        yield* servers[0]?.stop("SIGKILL") ?? Effect.void
        // The same order at another server is known there.
        const repeated = yield* call(two, "add_order", { ...order, volume: "0.005" })
        assert.isTrue(repeated.isError || repeated.answer.placed === false, repeated.text)
        assert.strictEqual(fake.count("private/AddOrder"), 1)
        const { text } = yield* again(call(two, "get_activity"), ({ text }) => text.includes("happened"))
        assert.include(text, "happened")
        assert.strictEqual(fake.count("private/AddOrder"), 1)
        const { answer } = yield* call(two, "get_my_mandate")
        const day = answer.limits.find(({ limit }: { readonly limit: string }) => limit === "max/day")
        assert.isAtLeast(Number(day.used), 100)
        assert.isBelow(Number(day.used), 102)
      }),
    180_000
  )

  it.scopedLive(
    "refuse in words while the database is away, tell prices, and go on when it is back",
    () =>
      Effect.gen(function* () {
        const house = yield* makeHouseWithPrices
        const proxy = yield* makeDatabaseProxy(yield* newPostgresDatabase)
        const { clients, tokenOf } = yield* makeServers(house, { database: proxy.url })
        const limited = yield* clients(yield* tokenOf("--budget", "5000USD", "--rate", "100/min"))
        const plain = yield* clients(yield* tokenOf())
        const both = [...limited, ...plain]
        for (const client of both) {
          const { isError, text } = yield* call(client, "get_account_balance")
          assert.isFalse(isError, text)
        }
        const placed = yield* Effect.forEach(plain, (client, n) => call(client, "add_order", orderOf(200 + n)))
        const txids = placed.map(({ answer }) => answer.txid)
        const password = new URL(Redacted.value(proxy.url)).password
        yield* proxy.cut
        const sent = house.fake.seen.filter(({ endpoint }) => endpoint.startsWith("private/")).length
        const refused = yield* Effect.forEach(
          both,
          (client, n) =>
            Effect.all([call(client, "get_account_balance"), call(client, "add_order", orderOf(n))], {
              concurrency: "unbounded"
            }),
          { concurrency: "unbounded" }
        )
        for (const { isError, text } of refused.flat()) {
          assert.isTrue(isError, text)
          assert.match(text, /not sent|nothing was sent/i)
          assert.notInclude(text, password)
        }
        assert.strictEqual(house.fake.seen.filter(({ endpoint }) => endpoint.startsWith("private/")).length, sent)
        // Each server cancels by itself, and Kraken has each cancel.
        const cancelled = yield* Effect.forEach(
          plain,
          (client, n) => call(client, "cancel_order", { txid: [txids[n]].flat()[0] }),
          { concurrency: "unbounded" }
        )
        for (const { isError, text } of cancelled) assert.isFalse(isError, text)
        assert.isAtLeast(house.fake.count("private/CancelOrder"), names.length)
        const times = yield* Effect.forEach(both, (client) => call(client, "get_server_time"), {
          concurrency: "unbounded"
        })
        for (const { isError, text } of times) assert.isFalse(isError, text)
        yield* proxy.mend
        const healed = yield* Effect.forEach(
          both,
          (client, n) =>
            again(call(client, "add_order", orderOf(100 + n)), ({ isError }) => !isError).pipe(
              Effect.tap(({ isError, text }) => Effect.sync(() => assert.isFalse(isError, text))),
              Effect.zipRight(call(client, "get_account_balance"))
            ),
          { concurrency: "unbounded" }
        )
        for (const { isError, text } of healed) assert.isFalse(isError, text)
        assert.strictEqual(house.fake.count("private/AddOrder"), both.length + names.length)
      }),
    180_000
  )
})
