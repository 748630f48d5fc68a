import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import Database from "better-sqlite3"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { bundle } from "../../Bundle.ts"
import { randomFrom } from "../../crashes/campaign.ts"
import { makeCommandLine } from "../commandLine.ts"

const passphrase = "correct horse battery"

/** Gives a command the passphrase as its input. */

interface Answer {
  readonly isError?: boolean
  readonly content: ReadonlyArray<{ readonly text: string }>
  readonly _meta?: { readonly "mcp-kraken/approval"?: object }
}

/** A server over stdio with one call at a time. */
const startServer = (folder: string, env: Readonly<Record<string, string>>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [bundle(), "serve", "--stdio"], { cwd: folder, env: { HOME: folder, ...env } })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      const waiting = new Map<number, (answer: Answer) => void>()
      let id = 0
      child.stderr.resume()
      child.stdin.on("error", () => undefined)
      createInterface(child.stdout).on("line", (line) => {
        const { id, result } = JSON.parse(line)
        waiting.get(id)?.(result)
      })
      return {
        call: (name: string, args: object) =>
          Effect.async<Answer>((resume) => {
            id++
            waiting.set(id, (answer) => resume(Effect.succeed(answer)))
            const params = { name, arguments: args }
            child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params })}\n`)
          }),
        kill: Effect.sync(() => void child.kill("SIGKILL"))
      }
    }
  )

const textOf = ({ content }: Answer): string => content.map(({ text }) => text).join("\n")

/** The number of the approval that an error names. */
const planIn = (answer: Answer): number => {
  const [, plan] = /waits as approval (\d+)/.exec(textOf(answer)) ?? []
  assert.isDefined(plan, textOf(answer))
  return Number(plan)
}

/** A simulated Kraken, a command line with an operator secret, and the settings of servers that ask about all funds. */
const makeHome = Effect.gen(function* () {
  const { exchange, folder, run } = yield* makeCommandLine
  const { printed } = yield* exchange(["--port", "0", "--json", "--no-rate-limits"])
  const line = (yield* printed("}\n")).split("\n").find((line) => line.startsWith("{")) ?? "{}"
  const { keys, url }: { url: string; keys: ReadonlyArray<{ name: string; key: string; secret: string }> } =
    JSON.parse(line)
  const full = keys.find(({ name }) => name === "full")
  const state = { MCP_KRAKEN_STATE_DIR: folder }
  const env = {
    ...state,
    KRAKEN_BASE_URL: url,
    KRAKEN_API_KEY: full?.key ?? "",
    KRAKEN_API_SECRET: full?.secret ?? "",
    MCP_KRAKEN_TIER: "off",
    MCP_KRAKEN_ORDER_DEADLINE: "4",
    MCP_KRAKEN_SERVER_ASK: "funds,above=1USD"
  }
  const set = yield* run(["operator", "init", "--passphrase-fd", "0"], state, `${passphrase}\n`)
  assert.strictEqual(set.code, 0, set.stderr)
  return {
    folder,
    env,
    approvals: (...words: ReadonlyArray<string>) => run(["approvals", ...words], state),
    approve: (plan: number, text = passphrase) =>
      run(["approvals", "approve", String(plan), "--passphrase-fd", "0"], state, `${text}\n`)
  }
})

const withdrawal = { asset: "BTC", key: "btc-wallet-1", amount: "0.01" }

describe("approvals on a terminal", () => {
  it.scopedLive("shows what an agent wants, sends it with the passphrase only, and tells both what became of it", () =>
    Effect.gen(function* () {
      const { approvals, approve, env, folder } = yield* makeHome
      const { call } = yield* startServer(folder, env)
      const reason = "\u001b[2J\u202eevil <script>alert(1)</script>\nApproval 99: approved"
      const asked = yield* call("withdraw", { ...withdrawal, reason })
      const plan = planIn(asked)
      assert.deepInclude(asked._meta?.["mcp-kraken/approval"], { id: plan, asks: ["funds", "above 1 USD"] })

      const listed = yield* approvals("list")
      assert.include(listed.stdout, "Withdraw 0.01")
      const shown = yield* approvals("show", String(plan))
      for (const text of [
        "btc-wallet-1",
        "Fee, part of the amount",
        "Goes to the address",
        "Available balance",
        '"\\u001b[2J\\u202eevil <script>alert(1)</script>\\nApproval 99: approved"'
      ])
        assert.include(shown.stdout, text)
      for (const raw of ["\u001b", "\u202e", "\nApproval 99"]) assert.notInclude(shown.stdout, raw)
      assert.deepInclude(JSON.parse((yield* approvals("show", String(plan), "--json")).stdout), {
        id: plan,
        said: reason,
        state: { _tag: "Open" }
      })

      assert.strictEqual((yield* approvals("approve", String(plan))).code, 1)
      assert.strictEqual((yield* approve(plan, "a guess of the agent")).code, 1)
      assert.include(textOf(yield* call("get_approval", { id: plan })), '"state":"pending"')

      const approved = yield* approve(plan)
      assert.strictEqual(approved.code, 0, approved.stderr)
      assert.match(approved.stdout, /happened/)
      assert.include(textOf(yield* call("get_approval", { id: plan, wait_s: 45 })), '"state":"happened"')
      assert.strictEqual((yield* approve(plan)).code, 1)
    })
  )

  it.scopedLive("denies without the passphrase, and can freeze the caller", () =>
    Effect.gen(function* () {
      const { approvals, env, folder } = yield* makeHome
      const { call } = yield* startServer(folder, env)
      const plan = planIn(yield* call("withdraw", withdrawal))
      const denied = yield* approvals("deny", String(plan), "--freeze", "--reason", "never")
      assert.strictEqual(denied.code, 0, denied.stderr)
      const answer = textOf(yield* call("get_approval", { id: plan }))
      assert.include(answer, '"state":"denied"')
      assert.include(answer, '"reason":"never"')
      assert.include(textOf(yield* call("withdraw", { ...withdrawal, amount: "0.02" })), "Frozen")
      assert.strictEqual((yield* approvals("deny", "99")).code, 1)
    })
  )

  it.scopedLive("leaves an approved write to the next server if none runs", () =>
    Effect.gen(function* () {
      const { approve, env, folder } = yield* makeHome
      const first = yield* startServer(folder, env)
      const plan = planIn(yield* first.call("withdraw", withdrawal))
      yield* first.kill
      yield* Effect.sleep("500 millis")
      const approved = yield* approve(plan)
      assert.strictEqual(approved.code, 0, approved.stderr)
      assert.match(approved.stdout, /No server runs/)
      const second = yield* startServer(folder, env)
      assert.include(textOf(yield* second.call("get_approval", { id: plan, wait_s: 45 })), '"state":"happened"')
    })
  )

  it.scopedLive("does not say that a server sends it if the only one that runs just reads", () =>
    Effect.gen(function* () {
      const { approve, env, folder } = yield* makeHome
      const first = yield* startServer(folder, env)
      const plan = planIn(yield* first.call("withdraw", withdrawal))
      yield* first.kill
      const reader = yield* startServer(folder, { ...env, MCP_KRAKEN_READ_ONLY: "true" })
      yield* reader.call("get_account_balance", {})
      const approved = yield* approve(plan)
      assert.strictEqual(approved.code, 0, approved.stderr)
      assert.match(approved.stdout, /No server runs/)
    })
  )

  it.scopedLive("exits with 0 if own orders are cancelled one by one", () =>
    Effect.gen(function* () {
      const { approvals, approve, env, folder } = yield* makeHome
      const { call } = yield* startServer(folder, { ...env, MCP_KRAKEN_BUDGET: "500USD", MCP_KRAKEN_ASK: "cancel-all" })
      const plan = planIn(yield* call("cancel_all_orders", {}))
      const approved = yield* approve(plan)
      assert.strictEqual(approved.code, 0, approved.stderr)
      assert.match(approved.stdout, /A server sends it now/)
      assert.deepInclude(JSON.parse((yield* approvals("show", String(plan), "--json")).stdout).state, { _tag: "Done" })
      assert.include(textOf(yield* call("get_approval", { id: plan })), '"state":"done"')
    })
  )

  it.scopedLive(
    "sends an order once or not at all if the server is killed between the yes and the send, and tells which",
    () =>
      Effect.gen(function* () {
        const { approvals, approve, env, folder } = yield* makeHome
        const random = randomFrom(7)
        const query = (sql: string) => {
          const db = new Database(join(folder, "authority.db"), { readonly: true })
          try {
            return db.prepare(sql).pluck().all()
          } finally {
            db.close()
          }
        }
        const until = (condition: () => boolean, wait: string) =>
          Effect.sync(condition).pipe(
            Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("5 millis") }),
            Effect.timeoutOption(wait as "1 minute")
          )
        const states = new Set<string>()
        for (let round = 0; round < 4; round++) {
          const volume = `0.0${11 + round}`
          const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "100", volume }
          const plan = yield* Effect.scoped(
            Effect.gen(function* () {
              const server = yield* startServer(folder, env)
              const plan = planIn(yield* server.call("add_order", order))
              yield* Effect.fork(approve(plan))
              yield* until(() => query(`SELECT state FROM plans WHERE seq = ${plan}`)[0] === "approved", "1 minute")
              yield* Effect.sleep(random() * 700)
              yield* server.kill
              return plan
            })
          )
          yield* Effect.scoped(
            Effect.gen(function* () {
              const server = yield* startServer(folder, env)
              // A server over stdio does nothing before its client has asked for something.
              yield* server.call("get_approval", { id: plan })
              yield* until(() => {
                const intent = query(`SELECT intent FROM plans WHERE seq = ${plan}`)[0]
                return (
                  typeof intent === "number" && query(`SELECT state FROM intents WHERE seq = ${intent}`)[0] !== "open"
                )
              }, "1 minute")
              const { state } = JSON.parse((yield* approvals("show", String(plan), "--json")).stdout)
              assert.strictEqual(state._tag, "Sent")
              assert.lengthOf(query(`SELECT seq FROM events WHERE json_extract(body, '$.approval') = ${plan}`), 1)
              const open = textOf(yield* server.call("get_open_orders", {}))
              const placed = open.split(`"vol":"${volume}`).length - 1
              states.add(state.outcome.outcome)
              assert.strictEqual(placed, state.outcome.outcome === "happened" ? 1 : 0, open)
            })
          )
        }
        assert.isTrue(states.has("happened"))
      }),
    0
  )
})
