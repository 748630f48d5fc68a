import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Either, Fiber, Option, type Scope } from "effect"
import type { Mandate } from "../../../../src/domain/mandates/mandate.ts"
import { type Answered, approve, deny } from "../../../../src/layers/access/approvals/answerPlan.ts"
import { listOpen, show } from "../../../../src/layers/access/approvals/readPlans.ts"
import { freeze } from "../../../../src/layers/access/mandates/administer.ts"
import { append } from "../../../../src/layers/access/record/append.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { terms as anyTerms } from "../../../doubles/TestMandate.ts"
import { makeVirtualClock } from "../../../doubles/fake/VirtualClock.ts"
import { makeExchange } from "../../../doubles/LimitedAgent.ts"
import { opening } from "../../../doubles/TestMarket.ts"
import { type Installation, makeInstallation, secret, startServer } from "./approvalsWorld.ts"
import { run, value } from "../../../../src/layers/storage/steps.ts"

const [agent, other] = ["agent0000001", "agent0000002"] as const

const terms = (changes: Partial<Mandate> = {}): Mandate =>
  anyTerms({
    access: "full",
    spending: { currency: "USD", max: { order: "5000", day: "5000" } },
    slippage: "1",
    withdraw: { [address]: { amount: "5000", asset: "USD", per: "day" } },
    ask: { kinds: ["funds", "market"] },
    ...changes
  })

/** The withdrawal address of the account. */
const address = "btc-wallet-1"

const withdrawal = { asset: "XXBT", key: address, amount: "0.01" }
const market = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.01" }

/** Runs a story on a simulated Kraken and a clock that jumps. The record is intact at its end. */
const story = (
  tell: (world: {
    readonly home: Installation
    readonly server: Effect.Effect.Success<ReturnType<typeof startServer>>
    readonly start: (...changes: ParametersAfter<typeof startServer>) => ReturnType<typeof startServer>
    readonly setWall: (by: number) => Effect.Effect<void>
    readonly world: ReturnType<typeof makeExchange>
  }) => Effect.Effect<unknown, unknown, Scope.Scope>,
  {
    mandate = terms(),
    prices = [[0, "60000"]]
  }: { mandate?: Mandate; prices?: Parameters<typeof makeExchange>[0] } = {}
) => {
  const { run, setWall } = makeVirtualClock()
  return Effect.promise(() =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const world = makeExchange(prices)
          world.rest.ahead = world.rest.exchange.now - (yield* Clock.currentTimeMillis)
          yield* setWall(world.rest.ahead)
          const home = yield* makeInstallation
          yield* home.limit(agent, mandate)
          const start: Parameters<typeof tell>[0]["start"] = (...changes) => startServer(world, home, ...changes)
          const server = yield* start()
          yield* tell({ home, server, start, setWall, world })
        })
      ).pipe(Effect.orDie)
    )
  )
}

type ParametersAfter<F> = F extends (a: never, b: never, ...rest: infer Rest) => unknown ? Rest : never

/** The number of the plan that an error names. */
const planIn = (error: { readonly _tag: string }): number => {
  assert.strictEqual(error._tag, "ApprovalPending", String(error))
  return "plan" in error && typeof error.plan === "number" ? error.plan : 0
}

const yes = (home: Installation, plan: number) =>
  home.write(({ wall }) => approve(wall, { plan, channel: "terminal", secret }))

const stateIn = (home: Installation, plan: number) =>
  home.write(function* ({ wall }) {
    return (yield* show(wall, plan))?.state ?? { _tag: "Altered" as const }
  })

const isIntact = (home: Installation) =>
  Effect.map(
    home.write(function* () {
      return (yield* verify()).findings.filter(({ _tag }) => _tag !== "ClockWentBack")
    }),
    (findings) => assert.deepStrictEqual(findings, [])
  )

describe("a write that needs a person", () => {
  it.effect("waits as a plan, is sent when a person says yes, and its caller can read what became of it", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const asked = yield* Effect.flip(server.send(agent, "private/Withdraw", { ...withdrawal, reason: "rent" }))
        const plan = planIn(asked)
        assert.deepInclude(asked, { asks: ["funds"] })
        assert.deepStrictEqual(server.sent, [])
        const [shown] = yield* home.write(({ wall }) => listOpen(wall))
        assert.deepInclude(shown, { id: plan, said: "rent", request: withdrawal, state: { _tag: "Open" } })
        assert.deepInclude(shown?.quote, {
          worst: [{ asset: "BTC", amount: "0.01" }],
          balances: [{ asset: "BTC", before: "10", after: "9.99" }],
          missing: []
        })
        const limits = shown?.quote.limits.map(({ limit }) => limit)
        assert.deepStrictEqual(limits, ["max/day", `withdraw ${address}/day`])
        assert.isDefined(shown?.quote.address)
        assert.isDefined(shown?.quote.fee)
        assert.deepInclude(yield* yes(home, plan), { _tag: "Answered" })
        const ended = Option.getOrThrow(yield* server.as(agent)(server.approvals.wait(plan, "9 minutes")))
        assert.strictEqual(ended.state._tag, "Sent")
        assert.deepInclude(ended.state._tag === "Sent" ? ended.state.outcome : {}, { outcome: "happened" })
        assert.deepStrictEqual(server.sent, ["Withdraw"])
        yield* isIntact(home)
      })
    )
  )

  it.effect("is the same plan if its caller sends it again, and no other caller can read it", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        yield* home.limit(other, terms())
        const ask = (id: string, params: object = {}) =>
          Effect.flip(server.send(id, "private/Withdraw", { ...withdrawal, ...params }))
        const first = planIn(yield* ask(agent))
        assert.strictEqual(planIn(yield* ask(agent, { reason: "another reason" })), first)
        assert.notStrictEqual(planIn(yield* ask(other)), first)
        assert.notStrictEqual(planIn(yield* ask(agent, { amount: "0.02" })), first)
        assert.isTrue(Option.isNone(yield* server.as(other)(server.approvals.get(first))))
      })
    )
  )

  it.effect("is refused while three plans of its caller wait", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const ask = (amount: string) => Effect.flip(server.send(agent, "private/Withdraw", { ...withdrawal, amount }))
        const plans = [planIn(yield* ask("0.01")), planIn(yield* ask("0.02")), planIn(yield* ask("0.03"))]
        assert.deepInclude(yield* ask("0.04"), { _tag: "TooManyPlans", plans })
        yield* home.write(({ wall }) => deny(wall, { plan: plans[0] ?? 0, channel: "terminal", freezes: false }))
        planIn(yield* ask("0.04"))
      })
    )
  )

  it.effect("is refused without a plan after a person said no, and after it was sent, unless it has repeat", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const ask = (params: object) =>
          Effect.flip(server.send(agent, "private/Withdraw", { ...withdrawal, ...params }))
        const denied = planIn(yield* ask({}))
        yield* home.write(({ wall }) => deny(wall, { plan: denied, channel: "page", freezes: false }))
        assert.deepInclude(yield* ask({}), { _tag: "ApprovalDenied", plan: denied })
        const sent = planIn(yield* ask({ amount: "0.03" }))
        yield* yes(home, sent)
        yield* server.as(agent)(server.approvals.wait(sent, "30 seconds"))
        yield* Effect.sleep("3 seconds")
        const again = yield* Effect.either(server.send(agent, "private/Withdraw", { ...withdrawal, amount: "0.03" }))
        // A withdrawal is a duplicate for ten minutes.
        assert.isTrue(Either.isRight(again) && again.right.duplicateOf !== undefined)
        planIn(yield* ask({ amount: "0.03", repeat: true }))
        assert.deepStrictEqual(server.sent, ["Withdraw"])
      })
    )
  )

  it.effect("is refused if no operator secret is set, since nobody could say yes", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        yield* home.write(() => run("DELETE FROM secret"))
        const error = yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal))
        assert.deepInclude(error, { _tag: "NoApprover", asks: ["funds"] })
        assert.deepStrictEqual(yield* home.write(({ wall }) => listOpen(wall)), [])
      })
    )
  )

  it.effect("is refused by a limit before a person is asked, so that nobody can approve past it", () =>
    story(({ server }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(server.send(agent, "private/Withdraw", { ...withdrawal, amount: "0.1" }))
        assert.strictEqual(error._tag, "LimitReached")
      })
    )
  )

  it.effect("of a caller without limits is asked about if the server asks about all", () =>
    story(({ home, start }) =>
      Effect.gen(function* () {
        const server = yield* start({
          serverLimits: Option.some({ spending: { max: {} }, ask: { kinds: ["cancel-all", "funds"] } })
        })
        const plan = planIn(yield* Effect.flip(server.send(other, "private/Withdraw", withdrawal)))
        const cancel = planIn(yield* Effect.flip(server.send(other, "private/CancelAll", {})))
        yield* yes(home, plan)
        yield* yes(home, cancel)
        yield* Effect.sleep("5 seconds")
        assert.sameMembers(server.sent, ["Withdraw", "CancelAll"])
        yield* isIntact(home)
      })
    )
  )

  it.effect(
    "that Kraken refuses when it is sent is told as not done, is not tried again, and can be asked for again",
    () =>
      story(
        ({ home, server }) =>
          Effect.gen(function* () {
            const elsewhere = { ...withdrawal, key: "ledger" }
            const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", elsewhere)))
            yield* yes(home, plan)
            const ended = Option.getOrThrow(yield* server.as(agent)(server.approvals.wait(plan, "9 minutes")))
            assert.deepInclude(ended.state._tag === "Sent" ? ended.state.outcome : {}, { outcome: "did-not-happen" })
            yield* Effect.sleep("1 minute")
            assert.deepStrictEqual(server.sent, ["Withdraw"])
            assert.notStrictEqual(planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", elsewhere))), plan)
          }),
        { mandate: terms({ withdraw: { ledger: { amount: "5000", asset: "USD", per: "day" } } }) }
      )
  )
})

describe("an approved plan", () => {
  it.effect("is sent once by two servers that look for it at the same time", () =>
    story(({ home, server, start }) =>
      Effect.gen(function* () {
        const second = yield* start()
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* home.write(() => run("DELETE FROM plan_claims"))
        yield* yes(home, plan)
        yield* Effect.sleep("1 minute")
        assert.lengthOf([...server.sent, ...second.sent], 1)
        yield* isIntact(home)
      })
    )
  )

  it.effect("is sent by another server 15 s later if the one that asked has ended", () =>
    story(({ home, server, start }) =>
      Effect.gen(function* () {
        const second = yield* start()
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* server.crash
        yield* yes(home, plan)
        yield* Effect.sleep("14 seconds")
        assert.deepStrictEqual(second.sent, [])
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(second.sent, ["Withdraw"])
      })
    )
  )

  it.effect("is left to another server by one that only reads, or does not offer its toolset", () =>
    story(({ home, server, start }) =>
      Effect.gen(function* () {
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* server.crash
        const [reader, trader] = [yield* start({ readOnly: true }), yield* start({ toolsets: ["market", "trading"] })]
        yield* yes(home, plan)
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual([reader.sent, trader.sent], [[], []])
        assert.deepInclude(yield* stateIn(home, plan), { _tag: "Approved" })
      })
    )
  )

  it.effect("of a market order is void if the price has moved by more than the slippage", () => {
    const prices: Array<readonly [second: number, price: string]> = [[0, "60000"]]
    return story(
      ({ home, server, world }) =>
        Effect.gen(function* () {
          const plan = planIn(yield* Effect.flip(server.send(agent, "private/AddOrder", market)))
          prices.push([(world.rest.exchange.now - opening) / 1000 + 30, "63000"])
          yield* Effect.sleep("1 minute")
          yield* yes(home, plan)
          yield* Effect.sleep("5 seconds")
          assert.deepInclude(yield* stateIn(home, plan), { _tag: "Void" })
          assert.deepStrictEqual(server.sent, [])
          yield* isIntact(home)
        }),
      { prices }
    )
  })

  it.effect("of a market order is sent at the price of the moment if it has moved by less", () =>
    story(
      ({ home, server }) =>
        Effect.gen(function* () {
          const plan = planIn(yield* Effect.flip(server.send(agent, "private/AddOrder", market)))
          yield* Effect.sleep("1 minute")
          yield* yes(home, plan)
          yield* Effect.sleep("5 seconds")
          assert.deepInclude(yield* stateIn(home, plan), { _tag: "Sent" })
          assert.deepStrictEqual(server.sent, ["AddOrder"])
        }),
      {
        prices: [
          [0, "60000"],
          [30, "60100"]
        ]
      }
    )
  )

  it.effect("of a withdrawal is void if its address is another one now", () =>
    story(({ home, server, world }) =>
      Effect.gen(function* () {
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        const addresses = [...world.rest.exchange.accounts.values()].flatMap((account) => account.withdrawalAddresses)
        const moved = addresses.findIndex(({ key }) => key === address)
        Object.assign(addresses[moved] ?? {}, { address: "bc1qother" })
        yield* yes(home, plan)
        yield* Effect.sleep("5 seconds")
        assert.deepInclude(yield* stateIn(home, plan), { _tag: "Void" })
        assert.deepStrictEqual(server.sent, [])
      })
    )
  )

  it.effect("is sent although its caller asks again while a person says yes", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const ask = server.send(agent, "private/Withdraw", withdrawal)
        const plan = planIn(yield* Effect.flip(ask))
        const asking = yield* Effect.fork(Effect.forever(Effect.delay(Effect.ignore(ask), "10 millis")))
        yield* yes(home, plan)
        yield* Effect.sleep("5 seconds")
        yield* Fiber.interrupt(asking)
        assert.deepInclude(yield* stateIn(home, plan), { _tag: "Sent" })
        assert.deepStrictEqual(server.sent, ["Withdraw"])
      })
    )
  )

  it.effect("is void if its mandate was changed, also before a person answers", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* home.limit(agent, terms({ maxOpen: 3 }))
        assert.deepStrictEqual(yield* yes(home, plan), {
          _tag: "Closed",
          state: { _tag: "Void", reason: "the limits of its caller were changed" }
        })
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, [])
        yield* isIntact(home)
      })
    )
  )

  it.effect("is void if its token is not valid any more", () =>
    story(({ home, server, start }) =>
      Effect.gen(function* () {
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* server.crash
        const second = yield* start({}, new Set([agent]))
        yield* yes(home, plan)
        yield* Effect.sleep("1 minute")
        assert.deepInclude(yield* stateIn(home, plan), { _tag: "Void" })
        assert.deepStrictEqual(second.sent, [])
      })
    )
  )

  it.effect("is void if a limit has no room for it any more, since it reserved nothing", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const ask = (amount: string) => Effect.flip(server.send(agent, "private/Withdraw", { ...withdrawal, amount }))
        const [first, second] = [planIn(yield* ask("0.05")), planIn(yield* ask("0.04"))]
        yield* yes(home, first)
        yield* Effect.sleep("5 seconds")
        yield* yes(home, second)
        yield* Effect.sleep("5 seconds")
        assert.deepInclude(yield* stateIn(home, first), { _tag: "Sent" })
        assert.deepInclude(yield* stateIn(home, second), { _tag: "Void" })
        assert.deepStrictEqual(server.sent, ["Withdraw"])
      })
    )
  )
})

describe("an approved cancelling of all own orders", () => {
  const mandate = terms({ ask: { kinds: ["cancel-all"] } })
  const resting = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "30000", volume: "0.01" }

  it.effect("is done once, although its cancels have rows of their own and its server ends", () =>
    story(
      ({ home, server, start }) =>
        Effect.gen(function* () {
          yield* server.send(agent, "private/AddOrder", resting)
          const plan = planIn(yield* Effect.flip(server.send(agent, "private/CancelAll", {})))
          yield* yes(home, plan)
          const ended = Option.getOrThrow(yield* server.as(agent)(server.approvals.wait(plan, "9 minutes")))
          assert.strictEqual(ended.state._tag, "Done")
          yield* Effect.sleep("5 seconds")
          assert.deepStrictEqual(server.sent, ["AddOrder", "CancelOrder"])
          yield* server.crash
          const next = yield* start()
          yield* next.send(agent, "private/AddOrder", { ...resting, price: "31000" })
          yield* Effect.sleep("1 minute")
          assert.deepStrictEqual(next.sent, ["AddOrder"])
          assert.strictEqual((yield* stateIn(home, plan))._tag, "Done")
          assert.strictEqual((yield* yes(home, plan))._tag, "Closed")
          const again = yield* Effect.flip(next.send(agent, "private/CancelAll", {}))
          assert.strictEqual(again._tag, "ApprovalUsed")
          yield* isIntact(home)
        }),
      { mandate }
    )
  )

  it.effect("is not begun if it cannot be noted", () =>
    story(
      ({ home, server }) =>
        Effect.gen(function* () {
          yield* server.send(agent, "private/AddOrder", resting)
          const plan = planIn(yield* Effect.flip(server.send(agent, "private/CancelAll", {})))
          yield* yes(home, plan)
          yield* home.write(() =>
            run("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
          )
          yield* Effect.sleep("20 seconds")
          assert.deepStrictEqual(server.sent, ["AddOrder"])
          yield* home.write(() => run("DROP TRIGGER full"))
          yield* Effect.sleep("1 minute")
          assert.deepStrictEqual(server.sent, ["AddOrder", "CancelOrder"])
        }),
      { mandate }
    )
  )
})

describe("an approved write that cannot be recorded", () => {
  const fill = (home: Installation) =>
    home.write(() => run("CREATE TRIGGER full BEFORE INSERT ON intents BEGIN SELECT RAISE(ABORT, 'disk full'); END"))

  it.effect("is sent once it can be recorded", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* fill(home)
        yield* yes(home, plan)
        yield* Effect.sleep("2 minutes")
        assert.deepStrictEqual(server.sent, [])
        yield* home.write(() => run("DROP TRIGGER full"))
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual(server.sent, ["Withdraw"])
      })
    )
  )

  it.effect("is void with the reason when its time has passed", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* fill(home)
        yield* yes(home, plan)
        yield* Effect.sleep("11 minutes")
        const state = yield* stateIn(home, plan)
        assert.strictEqual(state._tag, "Void")
        assert.include(state._tag === "Void" ? state.reason : "", "disk full")
        assert.deepStrictEqual(server.sent, [])
      })
    )
  )
})

describe("an attack on approvals fails", () => {
  /** A plan of the agent, and a server that sends nothing by itself. */
  const planned = (
    attack: (world: {
      readonly home: Installation
      readonly plan: number
      readonly server: Effect.Effect.Success<ReturnType<typeof startServer>>
      readonly start: (...changes: ParametersAfter<typeof startServer>) => ReturnType<typeof startServer>
      readonly setWall: (by: number) => Effect.Effect<void>
    }) => Effect.Effect<unknown, unknown, Scope.Scope>
  ) =>
    story(({ home, server, setWall, start }) =>
      Effect.gen(function* () {
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        yield* attack({ home, plan, server, setWall, start })
      })
    )

  it.effect("with the number of a plan that nobody approved", () =>
    planned(({ plan, server }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal, { approval: plan }))
        assert.deepInclude(error, { _tag: "ApprovalVoid", plan })
        assert.deepStrictEqual(server.sent, [])
      })
    )
  )

  it.effect("with an approval that was used: a replay", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* yes(home, plan)
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, ["Withdraw"])
        yield* Effect.sleep("11 minutes")
        const error = yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal, { approval: plan }))
        assert.deepInclude(error, { _tag: "ApprovalVoid", plan })
        assert.deepInclude(yield* yes(home, plan), { _tag: "Closed" })
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual(server.sent, ["Withdraw"])
      })
    )
  )

  it.effect("with an approval for another call", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* server.crash
        yield* yes(home, plan)
        const more = { ...withdrawal, amount: "0.010001" }
        const bound = server.as(agent)(server.approvals.permit(plan, { endpoint: "private/Withdraw", request: more }))
        assert.deepInclude(yield* Effect.flip(bound), { _tag: "ApprovalVoid", reason: "it was given for another call" })
      })
    )
  )

  it.effect("with an approval for another token", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* home.limit(other, terms())
        yield* server.crash
        yield* yes(home, plan)
        const call = { endpoint: "private/Withdraw", request: withdrawal } as const
        assert.deepInclude(yield* Effect.flip(server.as(other)(server.approvals.permit(plan, call))), {
          _tag: "ApprovalVoid",
          reason: "it was given for another call"
        })
      })
    )
  )

  it.effect("with an approval for another API key", () =>
    planned(({ home, plan, server, start }) =>
      Effect.gen(function* () {
        yield* server.crash
        const paper = yield* start({ mode: "paper" })
        yield* yes(home, plan)
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual(paper.sent, [])
        assert.isTrue(Option.isNone(yield* paper.as(agent)(paper.approvals.get(plan))))
        const call = { endpoint: "private/Withdraw", request: withdrawal } as const
        assert.deepInclude(yield* Effect.flip(paper.as(agent)(paper.approvals.permit(plan, call))), {
          _tag: "ApprovalVoid"
        })
      })
    )
  )

  const edits = {
    "its amount": `UPDATE events SET body = replace(body, '"amount":"0.01"', '"amount":"0.09"') WHERE seq = ?`,
    "its caller": `UPDATE plans SET caller = '${other}' WHERE seq = ?`,
    "its hash": "UPDATE plans SET hash = 'ff' WHERE seq = ?",
    "its time": "UPDATE plans SET expires = expires + 1000000 WHERE seq = ?"
  }
  it.effect.each(Object.entries(edits))("with a row in which %s was edited before a person answers", ([, edit]) =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* home.write(() => run(edit, plan))
        assert.deepInclude(yield* yes(home, plan), { _tag: "Voided" })
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, [])
      })
    )
  )

  it.effect.each(Object.entries(edits))("with a row in which %s was edited after a person said yes", ([, edit]) =>
    planned(({ home, plan, server, start }) =>
      Effect.gen(function* () {
        yield* server.crash
        yield* yes(home, plan)
        yield* home.write(() => run(edit, plan))
        const second = yield* start()
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual(second.sent, [])
      })
    )
  )

  it.effect("with a row that says that a person said yes", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* home.write(() => run("UPDATE plans SET state = 'approved' WHERE seq = ?", plan))
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, [])
      })
    )
  )

  it.effect("after its time", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* Effect.sleep("10 minutes")
        assert.deepStrictEqual(yield* yes(home, plan), { _tag: "Closed", state: { _tag: "Expired" } })
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, [])
      })
    )
  )

  it.effect("after its time with the clock set back to before it was made", () =>
    planned(({ home, plan, setWall }) =>
      Effect.gen(function* () {
        yield* Effect.sleep("11 minutes")
        yield* setWall(-3_600_000)
        assert.deepStrictEqual(yield* yes(home, plan), { _tag: "Closed", state: { _tag: "Expired" } })
      })
    )
  )

  it.effect("with a yes in time that no server could carry out in time", () =>
    planned(({ home, plan, server, start }) =>
      Effect.gen(function* () {
        yield* server.crash
        yield* yes(home, plan)
        yield* Effect.sleep("10 minutes")
        const second = yield* start()
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual(second.sent, [])
        assert.deepStrictEqual(yield* stateIn(home, plan), { _tag: "Expired" })
      })
    )
  )

  it.effect("after its caller was frozen, and after it was unfrozen again", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        const frozen = (is: boolean) => home.write(({ wall }) => freeze(wall, { caller: agent, frozen: is }))
        yield* frozen(true)
        const closed: Answered = { _tag: "Closed", state: { _tag: "Void", reason: "its caller was frozen" } }
        assert.deepStrictEqual(yield* yes(home, plan), closed)
        yield* frozen(false)
        assert.deepStrictEqual(yield* yes(home, plan), closed)
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, [])
        yield* isIntact(home)
      })
    )
  )

  it.effect("with a yes that comes before a freeze which comes before the server looks", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* home.write(function* ({ wall }) {
          yield* approve(wall, { plan, channel: "terminal", secret })
          yield* freeze(wall, { caller: agent, frozen: true })
        })
        yield* Effect.sleep("1 minute")
        assert.deepStrictEqual(server.sent, [])
        assert.deepInclude(yield* stateIn(home, plan), { _tag: "Void" })
      })
    )
  )

  it.effect("after everything was stopped", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        yield* home.write(({ wall }) => append({ kind: "halt", at: wall, actor: { id: "local" }, halted: true }))
        assert.deepInclude(yield* yes(home, plan), { _tag: "Closed" })
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, [])
        yield* isIntact(home)
      })
    )
  )

  it.effect("after the key was replaced, or the record was put back from a backup", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        const replaced = { seq: 1, hash: "" }
        yield* home.write(({ wall }) => append({ kind: "restore", at: wall, actor: { id: "local" }, replaced }))
        assert.deepInclude(yield* yes(home, plan), { _tag: "Closed" })
        const second = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))
        const key = yield* home.write(function* () {
          return String(yield* value("SELECT key FROM plans"))
        })
        yield* home.write(({ wall }) =>
          append({ kind: "rekey", at: wall, actor: { id: "local" }, from: key, to: "another" })
        )
        assert.deepInclude(yield* yes(home, second), { _tag: "Closed" })
        yield* isIntact(home)
      })
    )
  )

  it.effect("without the operator secret that is in force", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        const wrong = { fingerprint: "ffffffffffffffff" }
        const answer = home.write(({ wall }) => approve(wall, { plan, channel: "page", secret: wrong }))
        assert.deepStrictEqual(yield* answer, { _tag: "OtherSecret" })
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(server.sent, [])
        assert.deepStrictEqual(yield* stateIn(home, plan), { _tag: "Open" })
      })
    )
  )

  it.effect("with a second answer from another tab: the first one stands", () =>
    planned(({ home, plan, server }) =>
      Effect.gen(function* () {
        const no = (freezes: boolean) => home.write(({ wall }) => deny(wall, { plan, channel: "page", freezes }))
        assert.deepInclude(yield* no(false), { _tag: "Answered" })
        assert.deepInclude(yield* yes(home, plan), { _tag: "Closed" })
        assert.hasAllKeys(yield* no(true), ["_tag", "state", "frozen"])
        assert.strictEqual((yield* Effect.flip(server.send(agent, "private/Withdraw", withdrawal)))._tag, "Frozen")
        yield* isIntact(home)
      })
    )
  )

  it.effect("with a reason that is too long: it is cut", () =>
    story(({ home, server }) =>
      Effect.gen(function* () {
        const reason = "\u001b[2J\u202e<b>".repeat(1000)
        const plan = planIn(yield* Effect.flip(server.send(agent, "private/Withdraw", { ...withdrawal, reason })))
        const shown = yield* home.write(({ wall }) => show(wall, plan))
        assert.strictEqual(shown?.said, reason.slice(0, 500))
      })
    )
  )
})
