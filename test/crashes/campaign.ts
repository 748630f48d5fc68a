import { Clock, Effect, Redacted, Schedule } from "effect"
import Database from "better-sqlite3"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Params } from "../../src/domain/endpoints/endpoints.ts"
import { encodeBody } from "../../src/domain/wire/requests.ts"
import { sign } from "../../src/domain/wire/signature.ts"
import { bundle } from "../Bundle.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

/** A write as its caller wants it. Its amount is its name: no other call of the campaign has it. */
interface Wanted {
  readonly tool: string
  readonly args: Params
  readonly amount: string
}

/** A write in the record, as it stands at the end. */
export interface Recorded {
  readonly seq: number
  readonly endpoint: string
  readonly state: string
  /** Unix milliseconds. */
  readonly at: number
  readonly decidedAt: number | null
  readonly request: Params
  readonly ids: ReadonlyArray<string>
}

/** A row of an order or of a withdrawal, as Kraken lists it. */
interface Row {
  readonly cl_ord_id?: string
  readonly vol?: string
}

interface Withdrawal {
  readonly refid: string
  readonly amount: string
  readonly fee: string
}

/** The lists of orders. */
interface Answer {
  readonly open: { readonly [txid: string]: Row }
  readonly closed: { readonly [txid: string]: Row }
}

/** The state of the exchange and of the record at the end of a campaign. */
export interface Report {
  readonly kills: number
  readonly calls: number
  readonly answered: number
  /** Writes that were still open when the waiting for them ended. */
  readonly open: number
  readonly record: ReadonlyArray<Recorded>
  /** Orders and withdrawals that the exchange has carried out, with the amount of their call. */
  readonly done: ReadonlyArray<{ readonly id: string; readonly amount: string; readonly clientId: string | undefined }>
  /** The last log lines of the servers, for a failed test. */
  readonly log: string
}

interface Options {
  readonly kills: number
  /** Servers that use the state folder at the same time. */
  readonly processes: 1 | 2
  readonly random: () => number
}

/** Makes a generator of numbers from 0 to 1, the same for each seed. */
export const randomFrom = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The process of a command of ours. It is killed with the scope. */
const start = (args: ReadonlyArray<string>, env: { readonly [name: string]: string }, cwd: string) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [bundle(), ...args], { env, cwd, stdio: ["pipe", "pipe", "pipe"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const lines = (child: ChildProcess, onLine: (line: string) => void) => {
  if (child.stdout !== null) createInterface(child.stdout).on("line", onLine)
}

/** A simulated exchange in a process of its own. */
const startExchange = Effect.fnUntraced(function* (folder: string) {
  const child = yield* start(["exchange", "--port", "0", "--json", "--no-rate-limits"], {}, folder)
  child.stderr.resume()
  return yield* Effect.async<{
    readonly url: string
    readonly keys: ReadonlyArray<{ readonly name: string; readonly key: string; readonly secret: string }>
  }>((resume) => lines(child, (line) => line.startsWith("{") && resume(Effect.succeed(JSON.parse(line)))))
})

/** A server over stdio, to which calls are written without waiting for answers. */
const startServer = Effect.fnUntraced(function* (env: { readonly [name: string]: string }, folder: string) {
  const child = yield* start(["serve", "--stdio"], env, folder)
  const answers = new Map<number, { readonly isError?: boolean; readonly text: string }>()
  let log = ""
  child.stderr.on("data", (chunk: Buffer) => (log = (log + String(chunk)).slice(-20_000)))
  child.stdin.on("error", () => undefined)
  lines(child, (line) => {
    const { id, result } = JSON.parse(line)
    if (typeof id === "number") answers.set(id, { isError: result?.isError, text: JSON.stringify(result) })
  })
  const write = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  return {
    answers,
    log: () => log,
    call: (id: number, { args, tool }: Pick<Wanted, "args" | "tool">) =>
      Effect.sync(() => write({ id, method: "tools/call", params: { name: tool, arguments: args } })),
    kill: Effect.sync(() => void child.kill("SIGKILL"))
  }
})

const until = (condition: () => boolean, wait: number) =>
  Effect.sync(condition).pipe(
    Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("10 millis") }),
    Effect.timeoutOption(wait)
  )

/** Kills servers at random moments while they send writes, and gives what came of it. */
export const campaign = Effect.fnUntraced(function* ({ kills, processes, random }: Options) {
  const folder = yield* temporaryFolder
  const { keys, url } = yield* startExchange(folder)
  const keyNamed = (name: string) => {
    const found = keys.find((key) => key.name === name)
    if (found === undefined) throw new Error(`no key ${name}`)
    return found
  }
  const { key, secret } = keyNamed("full")
  const env = {
    KRAKEN_BASE_URL: url,
    KRAKEN_API_KEY: key,
    KRAKEN_API_SECRET: secret,
    MCP_KRAKEN_STATE_DIR: folder,
    MCP_KRAKEN_TIER: "off",
    MCP_KRAKEN_FEED: "off",
    // Kraken takes a deadline that is 2 s ahead at least, by its own clock, which is known to a second.
    MCP_KRAKEN_ORDER_DEADLINE: "4",
    MCP_KRAKEN_HTTP_TIMEOUT: "5"
  }
  const post = (name: string, params: Params, signer: (typeof keys)[number]) =>
    Effect.gen(function* () {
      const nonce = String((yield* Clock.currentTimeMillis) * 1000)
      const { contentType, text } = encodeBody(nonce, params, undefined)
      const headers = {
        "content-type": contentType,
        "API-Key": signer.key,
        "API-Sign": sign(`/0/private/${name}`, nonce, text, Redacted.make(signer.secret))
      }
      const { error, result } = yield* Effect.promise(() =>
        fetch(`${url}/0/private/${name}`, { method: "POST", headers, body: text }).then(
          (answer) => answer.json() as Promise<{ readonly error: ReadonlyArray<string>; readonly result: Answer }>
        )
      )
      return error.length > 0 ? yield* Effect.dieMessage(error.join()) : result
    })
  const fault = (endpoint: string, kind: string, seconds: number) =>
    Effect.promise(() =>
      fetch(`${url}/admin/faults`, { method: "POST", body: JSON.stringify({ endpoint, kind, count: 1, seconds }) })
    )

  let calls = 0
  const placed: Array<string> = []
  const wanted = (): Wanted => {
    const n = ++calls
    const chance = random()
    const [target] = chance < 0.15 ? placed.splice(0, 1) : []
    if (target !== undefined) return { tool: "cancel_order", args: { txid: target }, amount: "" }
    const amount = chance > 0.9 ? `0.000${5000 + n}` : `0.01${String(n).padStart(6, "0")}`
    return chance > 0.9
      ? { tool: "withdraw", args: { asset: "BTC", key: "btc-wallet-1", amount }, amount }
      : {
          tool: "add_order",
          args: { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "100", volume: amount },
          amount
        }
  }

  let answered = 0
  const take = (answers: ReadonlyMap<number, { readonly isError?: boolean; readonly text: string }>, of: number) => {
    const answer = answers.get(of)
    if (answer === undefined) return false
    answered++
    const [txid] = /O[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}/.exec(answer.isError === true ? "" : answer.text) ?? []
    if (txid !== undefined && answer.text.includes('\\"descr\\"')) placed.push(txid)
    return true
  }

  const server = startServer(env, folder)
  /** The server that lives on while the other one is killed. */
  const second = processes === 2 ? yield* server : undefined
  if (second !== undefined) {
    yield* second.call(-1, { tool: "get_ticker", args: { pair: ["BTC/USD"] } })
    yield* second.call(0, { tool: "get_api_key_info", args: {} })
    yield* until(() => second.answers.has(-1) && second.answers.has(0), 60_000)
  }
  /** Calls that the caller made again there. */
  const turned: Array<number> = []
  for (let kill = 0; kill < kills; kill++) {
    yield* Effect.scoped(
      Effect.gen(function* () {
        const first = yield* server
        // From now on the moment of the kill is what decides, not that of the start.
        yield* first.call(-1, { tool: "get_ticker", args: { pair: ["BTC/USD"] } })
        yield* first.call(0, { tool: "get_api_key_info", args: {} })
        yield* until(() => first.answers.has(-1) && first.answers.has(0), 60_000)
        const round = Array.from({ length: 1 + Math.floor(random() * 4) }, wanted)
        const chance = random()
        if (chance < 0.2) yield* fault("AddOrder", "delay", 1 + Math.floor(random() * 2))
        else if (chance < 0.3) yield* fault("AddOrder", "drop-after-accept", 0)
        else if (chance < 0.35) yield* fault("AddOrder", "drop-before", 0)
        else if (chance < 0.4) yield* fault("Withdraw", "delay", 1)
        for (const [n, call] of round.entries()) yield* first.call(1 + n, call)
        // Mostly after the first row of a write is on disk, for about as long as four writes take.
        if (random() < 0.8) yield* until(() => first.log().includes("receipt="), 10_000)
        yield* Effect.sleep(random() * 300)
        yield* first.kill
        const missed = round.filter((_, n) => !take(first.answers, 1 + n))
        if (second === undefined) return
        // The caller turns to the other server at once. A cancel can be sent twice without harm.
        const offset = 1000 * (kill + 1)
        for (const [n, call] of missed.entries()) {
          turned.push(offset + n)
          yield* second.call(offset + n, call)
        }
      })
    )
  }

  if (second !== undefined) yield* until(() => turned.every((id) => second.answers.has(id)), 300_000)
  const last = yield* server
  yield* last.call(0, { tool: "get_account_balance", args: {} })
  const file = join(folder, "authority.db")
  const read = <A>(use: (db: Database.Database) => A) => {
    const db = new Database(file, { readonly: true })
    try {
      return use(db)
    } finally {
      db.close()
    }
  }
  const open = () =>
    existsSync(file)
      ? read((db) => Number(db.prepare("SELECT count(*) FROM intents WHERE state = 'open'").pluck().get()))
      : 0
  yield* Effect.sync(() => open() === 0).pipe(
    Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("250 millis") }),
    Effect.timeoutOption("10 minutes")
  )
  const rows = (db: Database.Database) =>
    (
      db
        .prepare(
          "SELECT seq, endpoint, state, at, decided_at AS decidedAt, ids, body FROM intents JOIN events USING (seq) WHERE state <> 'refused'"
        )
        .all() as ReadonlyArray<Omit<Recorded, "ids" | "request"> & { readonly ids: string; readonly body: string }>
    ).map(({ body, ids, ...row }): Recorded => ({ ...row, ids: JSON.parse(ids), request: JSON.parse(body).request }))
  const record = existsSync(file) ? read(rows) : []
  const reader = keyNamed("windowed")
  const { open: openOrders } = yield* post("OpenOrders", {}, reader)
  const closed: { [txid: string]: Row } = {}
  for (let ofs = 0; ; ofs += 50) {
    const page = yield* post("ClosedOrders", { ofs }, reader)
    Object.assign(closed, page.closed)
    if (Object.keys(page.closed).length < 50) break
  }
  // The account has older orders, which bear no id of ours.
  const orders = Object.entries({ ...closed, ...openOrders }).filter(([, { cl_ord_id }]) => Boolean(cl_ord_id))
  const withdrawals = (yield* post("WithdrawStatus", { asset: "XBT" }, reader)) as unknown as ReadonlyArray<Withdrawal>
  const report: Report = {
    kills,
    calls,
    answered,
    open: open(),
    record,
    done: [
      ...orders.map(([id, { cl_ord_id, vol }]) => ({ id, amount: String(vol), clientId: cl_ord_id })),
      ...withdrawals
        .map(({ amount, fee, refid }) => ({
          id: refid,
          amount: (Number(amount) + Number(fee)).toFixed(7),
          clientId: undefined
        }))
        // The account has an older withdrawal of another amount.
        .filter(({ amount }) => amount.startsWith("0.0005"))
    ],
    log: `${last.log()}\n${second?.log() ?? ""}`
  }
  return report
}, Effect.scoped)
