import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Reactivity from "@effect/experimental/Reactivity"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, FiberId, Layer, Logger, Option, Redacted, type Scope, TestClock } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeLocalCounter } from "../../../../src/layers/kraken/nonces/localCounter.ts"
import { NonceSourceMemory } from "../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { NonceSourceOfState } from "../../../../src/layers/kraken/nonces/NonceSourceOfState.ts"
import { NonceSourceInStateFolder } from "../../../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import type { Priority } from "../../../../src/services/KrakenClient.ts"
import { NonceSource } from "../../../../src/services/NonceSource.ts"
import { serve } from "../../../doubles/fake/Serve.ts"
import { makeFakeKraken } from "../../../doubles/FakeKraken.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { holdTurn, nextNonce } from "../../../doubles/turns.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../../postgres.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-kraken-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const credentials = (key: string) =>
  Option.some({ key: Redacted.make(key), secret: Redacted.make(""), otp: Option.none() })

/** One more server on a database of PostgreSQL. */
const inDatabase = (databaseUrl: Redacted.Redacted, key = "a key") =>
  Layer.provide(NonceSourceOfState, TestConfig({ databaseUrl, credentials: credentials(key) })).pipe(Layer.orDie)

const sqlite = (stateDir: string, key = "a key") =>
  NonceSourceInStateFolder.pipe(
    Layer.provide(
      TestConfig({
        stateDir,
        credentials: credentials(key)
      })
    )
  )

/** Builds a source as another process would. */
const open = (layer: Layer.Layer<NonceSource>) =>
  Effect.map(Layer.build(Layer.fresh(layer)), (context) => Context.get(context, NonceSource))

const isRising = (nonces: ReadonlyArray<bigint>) => nonces.every((nonce, i) => i === 0 || nonce > (nonces[i - 1] ?? 0n))

const year2026 = Date.UTC(2026, 0)

/** A source of nonces of its own for each test, whose tests are left out if it is missing. */
interface Source {
  readonly name: string
  readonly layer: Effect.Effect<Layer.Layer<NonceSource>, never, Scope.Scope>
  readonly isMissing?: boolean
}

const sources: ReadonlyArray<Source> = [
  { name: "NonceSourceMemory", layer: Effect.succeed(NonceSourceMemory) },
  { name: "NonceSourceInStateFolder", layer: Effect.map(folder, (path) => sqlite(path)) },
  {
    name: `NonceSourcePostgres ${inPostgres}`,
    layer: Effect.map(newPostgresDatabase, (url) => inDatabase(url)),
    isMissing: isPostgresMissing
  }
]

for (const { isMissing = false, layer, name } of sources) {
  describe.skipIf(isMissing)(`${name}, as any source`, () => {
    it.scoped("counts microseconds, upwards even if the clock stands still or goes back", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(year2026)
        const source = yield* open(yield* layer)
        const first = yield* nextNonce(source)
        assert.strictEqual(first, BigInt(year2026) * 1000n)
        assert.strictEqual(yield* nextNonce(source), first + 1n)
        yield* TestClock.setTime(year2026 - 3600_000)
        assert.strictEqual(yield* nextNonce(source), first + 2n)
        yield* TestClock.setTime(year2026 + 1000)
        assert.strictEqual(yield* nextNonce(source), first + 1_000_000n)
      })
    )

    it.scoped("counts nanoseconds after a jump", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(year2026)
        const source = yield* open(yield* layer)
        yield* nextNonce(source)
        yield* source.jump
        assert.strictEqual(yield* nextNonce(source), BigInt(year2026) * 1_000_000n)
        assert.strictEqual(yield* nextNonce(source), BigInt(year2026) * 1_000_000n + 1n)
      })
    )

    it.scoped("counts from Kraken's time while the clock of this machine is behind, also in nanoseconds", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(year2026)
        const source = yield* open(yield* layer)
        yield* nextNonce(source)
        yield* source.setLag(7_200_000.5)
        assert.strictEqual(yield* nextNonce(source), BigInt(year2026 + 7_200_000) * 1000n)
        yield* source.setLag(0)
        assert.strictEqual(yield* nextNonce(source), BigInt(year2026 + 7_200_000) * 1000n + 1n)
        yield* source.setLag(7_200_000)
        yield* source.jump
        assert.strictEqual(yield* nextNonce(source), BigInt(year2026 + 7_200_000) * 1_000_000n)
      })
    )

    it.scoped("serves the most urgent first, and equals in the order of arrival", () =>
      Effect.gen(function* () {
        const source = yield* open(yield* layer)
        const { end } = yield* holdTurn(source)
        const order: Array<string> = []
        const enter = (priority: Priority, name: string) =>
          Effect.forkScoped(Effect.tap(nextNonce(source, priority), () => Effect.sync(() => order.push(name))))
        const calls = [
          yield* enter("read", "read 1"),
          yield* enter("write", "write 1"),
          yield* enter("read", "read 2"),
          yield* enter("cancel", "cancel"),
          yield* enter("write", "write 2"),
          yield* enter("settlement", "settlement")
        ]
        yield* Effect.yieldNow()
        yield* end
        yield* Fiber.joinAll(calls)
        assert.deepStrictEqual(order, ["cancel", "settlement", "write 1", "write 2", "read 1", "read 2"])
      })
    )

    it.scoped("keeps the order when waiting calls are interrupted", () =>
      Effect.gen(function* () {
        const source = yield* open(yield* layer)
        const { end, nonce } = yield* holdTurn(source)
        const first = yield* Effect.fork(nextNonce(source))
        const waiting = yield* Effect.fork(nextNonce(source))
        const last = yield* Effect.fork(nextNonce(source))
        yield* Effect.yieldNow()
        yield* Fiber.interruptAll([last, first])
        yield* TestClock.adjust(10)
        assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
        yield* end
        assert.isTrue((yield* Fiber.join(waiting)) > nonce)
      })
    )

    it.scoped("passes the turn on when a call is interrupted at the moment of its turn", () =>
      Effect.gen(function* () {
        const source = yield* open(yield* layer)
        const { end, nonce } = yield* holdTurn(source)
        const interrupted = yield* Effect.fork(nextNonce(source))
        const waiting = yield* Effect.fork(nextNonce(source))
        yield* Effect.yieldNow()
        yield* Effect.zipRight(end, Fiber.interruptAsFork(interrupted, FiberId.none))
        assert.isTrue((yield* Fiber.join(waiting)) > nonce)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.await(interrupted)))
      })
    )

    it.scoped("makes a new call wait for the turn of one that has waited", () =>
      Effect.gen(function* () {
        const source = yield* open(yield* layer)
        const first = yield* holdTurn(source)
        const waiting = yield* Effect.fork(holdTurn(source))
        yield* Effect.yieldNow()
        yield* first.end
        const second = yield* Fiber.join(waiting)
        const newcomer = yield* Effect.fork(nextNonce(source))
        yield* TestClock.adjust(10)
        assert.isTrue(Option.isNone(yield* Fiber.poll(newcomer)))
        yield* second.end
        yield* TestClock.adjust(10)
        assert.isTrue((yield* Fiber.join(newcomer)) > second.nonce)
      })
    )

    it.scoped("ends a turn after three seconds", () =>
      Effect.gen(function* () {
        const source = yield* open(yield* layer)
        const { end } = yield* holdTurn(source)
        const waiting = yield* Effect.fork(nextNonce(source))
        yield* TestClock.adjust(2999)
        assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
        yield* TestClock.adjust(1)
        yield* Fiber.join(waiting)
        // The end of an expired turn does not end the next one.
        const { end: endOfNext } = yield* holdTurn(source)
        yield* end
        const third = yield* Effect.fork(nextNonce(source))
        yield* TestClock.adjust(100)
        assert.isTrue(Option.isNone(yield* Fiber.poll(third)))
        yield* endOfNext
        yield* TestClock.adjust(100)
        yield* Fiber.join(third)
      })
    )
  })
}

for (const { isMissing = false, layer, name } of sources)
  describe.skipIf(isMissing)(`the lane of a key with a nonce window, by ${name}`, () => {
    const lane = Effect.flatMap(layer, (source) => Effect.tap(open(source), ({ setWindow }) => setWindow(3n)))

    it.scoped("lets reads overlap whose nonces are within the window, and the next one follow the oldest", () =>
      Effect.gen(function* () {
        const source = yield* lane
        const held = [yield* holdTurn(source), yield* holdTurn(source), yield* holdTurn(source)]
        const [first, second, third] = held
        assert.deepStrictEqual(
          held.map(({ nonce }) => nonce - (first?.nonce ?? 0n)),
          [0n, 1n, 2n]
        )
        const waiting = yield* Effect.fork(nextNonce(source))
        yield* TestClock.adjust(10)
        yield* second?.end ?? Effect.void
        yield* TestClock.adjust(10)
        assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
        yield* first?.end ?? Effect.void
        assert.strictEqual(yield* Fiber.join(waiting), (third?.nonce ?? 0n) + 1n)
      })
    )

    it.scoped.each(["cancel", "settlement", "write"] as const)(
      "keeps a %s alone, which reads do not overtake",
      (priority) =>
        Effect.gen(function* () {
          const source = yield* lane
          const read = yield* holdTurn(source)
          const alone = yield* Effect.fork(holdTurn(source, priority))
          yield* Effect.yieldNow()
          const later = yield* Effect.fork(nextNonce(source))
          yield* TestClock.adjust(10)
          assert.isTrue(Option.isNone(yield* Fiber.poll(alone)))
          assert.isTrue(Option.isNone(yield* Fiber.poll(later)))
          yield* read.end
          const turn = yield* Fiber.join(alone)
          yield* TestClock.adjust(10)
          assert.isTrue(Option.isNone(yield* Fiber.poll(later)))
          yield* turn.end
          assert.isTrue(isRising([read.nonce, turn.nonce, yield* Fiber.join(later)]))
        })
    )

    it.scoped("lets reads pass that waited for a write, all at once", () =>
      Effect.gen(function* () {
        const source = yield* lane
        const write = yield* holdTurn(source, "write")
        const reads = [yield* Effect.fork(holdTurn(source)), yield* Effect.fork(holdTurn(source))]
        yield* TestClock.adjust(10)
        yield* write.end
        const held = yield* Fiber.joinAll(reads)
        assert.isTrue(isRising([write.nonce, ...held.map(({ nonce }) => nonce)]))
      })
    )

    it.scoped("goes on when a read is interrupted that waited behind others", () =>
      Effect.gen(function* () {
        const source = yield* lane
        const write = yield* holdTurn(source, "write")
        const [interrupted, read] = [yield* Effect.fork(nextNonce(source)), yield* Effect.fork(nextNonce(source))]
        yield* TestClock.adjust(10)
        yield* Fiber.interrupt(interrupted)
        yield* write.end
        assert.isTrue((yield* Fiber.join(read)) > write.nonce)
      })
    )
  })

it.scoped("reads of a key with a nonce window let another process have its turn", () =>
  Effect.gen(function* () {
    const path = yield* folder
    const [one, other] = yield* Effect.all([open(sqlite(path)), open(sqlite(path))])
    yield* Effect.all([nextNonce(one), nextNonce(other), one.setWindow(5000n)])
    const first = yield* holdTurn(one)
    const waiting = yield* Effect.fork(holdTurn(other))
    yield* TestClock.adjust(20)
    const later = yield* Effect.fork(nextNonce(one))
    yield* TestClock.adjust(20)
    assert.isTrue(Option.isNone(yield* Fiber.poll(later)))
    yield* first.end
    yield* TestClock.adjust(20)
    const turn = yield* Fiber.join(waiting)
    yield* turn.end
    yield* TestClock.adjust(100)
    assert.isTrue(isRising([first.nonce, turn.nonce, yield* Fiber.join(later)]))
  })
)

describe("makeLocalCounter", () => {
  it.effect("counts on from a nonce of another counter, unless it is ahead of that one", () =>
    Effect.gen(function* () {
      const { next, note } = makeLocalCounter()
      note(100n)
      assert.strictEqual(yield* next, 101n)
      note(50n)
      assert.strictEqual(yield* next, 102n)
    })
  )
})

describe("NonceSourceInStateFolder", () => {
  it.scoped("counts in memory when there is no key, and opens no file", () =>
    Effect.gen(function* () {
      const stateDir = yield* folder
      const source = yield* open(
        Layer.provide(NonceSourceInStateFolder, TestConfig({ stateDir, credentials: Option.none() }))
      )
      assert.isTrue(isRising([yield* nextNonce(source), yield* nextNonce(source)]))
      assert.deepStrictEqual(readdirSync(stateDir), [])
    })
  )

  it.scoped("lets the next call wait for another process when one is interrupted", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const [one, other] = yield* Effect.all([open(sqlite(path)), open(sqlite(path))])
      const { end, nonce } = yield* holdTurn(one)
      const interrupted = yield* Effect.fork(nextNonce(other))
      const waiting = yield* Effect.fork(nextNonce(other))
      yield* TestClock.adjust(20)
      yield* Fiber.interrupt(interrupted)
      yield* end
      yield* TestClock.adjust(10)
      assert.isTrue((yield* Fiber.join(waiting)) > nonce)
    })
  )

  it.scoped("counts on from the last nonce of another process, also if the clock was set back", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* TestClock.setTime(year2026)
      const before = yield* Effect.scoped(Effect.flatMap(open(sqlite(path)), nextNonce))
      yield* TestClock.setTime(year2026 - 86_400_000)
      assert.strictEqual(yield* Effect.flatMap(open(sqlite(path)), nextNonce), before + 1n)
    })
  )

  it.scoped("keeps nanoseconds after a restart, only for that key", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* TestClock.setTime(year2026)
      yield* Effect.scoped(Effect.flatMap(open(sqlite(path)), ({ jump }) => jump))
      assert.strictEqual(yield* Effect.flatMap(open(sqlite(path)), nextNonce), BigInt(year2026) * 1_000_000n)
      assert.strictEqual(yield* Effect.flatMap(open(sqlite(path, "other")), nextNonce), BigInt(year2026) * 1000n)
    })
  )

  it.scoped("keeps another process out until the turn is over", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const [one, other] = yield* Effect.all([open(sqlite(path)), open(sqlite(path))])
      const { end, nonce } = yield* holdTurn(one)
      const waiting = yield* Effect.fork(nextNonce(other))
      yield* TestClock.adjust(1000)
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* end
      yield* TestClock.adjust(10)
      assert.isTrue((yield* Fiber.join(waiting)) > nonce)
    })
  )

  it.scoped("takes the turn of a process that has died, after three seconds", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const [one, other] = yield* Effect.all([open(sqlite(path)), open(sqlite(path))])
      const { nonce } = yield* holdTurn(one)
      const waiting = yield* Effect.fork(nextNonce(other))
      yield* TestClock.adjust(3010)
      assert.isTrue((yield* Fiber.join(waiting)) > nonce)
    })
  )

  it.scoped("ignores a turn in the future, from before the clock was set back", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* TestClock.setTime(year2026)
      const { nonce } = yield* holdTurn(yield* open(sqlite(path)))
      yield* TestClock.setTime(year2026 - 3600_000)
      assert.strictEqual(yield* Effect.flatMap(open(sqlite(path)), nextNonce), nonce + 1n)
    })
  )

  it.scoped("lets processes that wait take turns", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const [one, other] = yield* Effect.all([open(sqlite(path)), open(sqlite(path))])
      // The files are opened on first use, in real time, which the test's clock does not know.
      yield* Effect.all([nextNonce(one), nextNonce(other)])
      const order: Array<string> = []
      const busy = (name: string, source: typeof NonceSource.Service) =>
        source.turn("read", () => {
          order.push(name)
          return Effect.sleep(20)
        })
      const many = (name: string, source: typeof NonceSource.Service) =>
        Effect.all(
          Array.from({ length: 10 }, () => busy(name, source)),
          { concurrency: "unbounded" }
        )
      const all = yield* Effect.fork(Effect.all([many("one", one), many("other", other)], { concurrency: 2 }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(all)
      assert.strictEqual(order.length, 20)
      const changes = order.filter((name, i) => i > 0 && name !== order[i - 1]).length
      assert.strictEqual(changes, 19)
    })
  )

  it.scoped("creates a file for its owner only, without the key in it", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "state", "deep")
      yield* Effect.flatMap(open(sqlite(path, "the-key-itself")), nextNonce)
      assert.strictEqual(statSync(path).mode & 0o777, 0o700)
      const files = readdirSync(path)
      assert.includeMembers(files, ["nonces.db", "nonces.db-wal"])
      for (const file of files) {
        assert.strictEqual(statSync(join(path, file)).mode & 0o777, 0o600)
        assert.notInclude(readFileSync(join(path, file), "latin1"), "the-key-itself")
      }
    })
  )

  it.scoped("counts in memory, with a warning, if the folder can't be used", () =>
    Effect.gen(function* () {
      const path = yield* folder
      writeFileSync(join(path, "taken"), "")
      writeFileSync(
        join(path, "nonces.db"),
        "This is no database, and never was one, however long it may be.".repeat(99)
      )
      for (const [stateDir, words] of [
        [join(path, "taken"), "can't be created"],
        [path, "can't be opened"]
      ] as const) {
        const lines: Array<string> = []
        const logger = Logger.replace(
          Logger.defaultLogger,
          Logger.map(Logger.logfmtLogger, (line) => void lines.push(line))
        )
        const source = yield* open(sqlite(stateDir))
        const nonces = yield* Effect.provide(Effect.all([nextNonce(source), nextNonce(source)]), logger)
        assert.isTrue(isRising(nonces))
        assert.strictEqual(lines.length, 1)
        assert.include(lines[0], words)
        assert.include(lines[0], "level=WARN")
      }
    })
  )

  it.scoped("counts on in memory when the database fails later", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const source = yield* open(sqlite(path))
      const before = yield* nextNonce(source)
      const sql = yield* Effect.provideServiceEffect(
        SqliteClient.make({ filename: join(path, "nonces.db") }),
        Reactivity.Reactivity,
        Reactivity.make
      )
      yield* sql`DROP TABLE lanes`
      const after = yield* Effect.provide(nextNonce(source), Logger.remove(Logger.defaultLogger))
      assert.strictEqual(after, before + 1n)
    })
  )
})

describe("processes with one key", () => {
  const program = (...args: ReadonlyArray<string>) =>
    Effect.async<string>((resume) => {
      const started = execFile(
        process.execPath,
        ["--import", "./scripts/typescript.mjs", "test/programs/privateCalls.ts", ...args],
        (error, stdout, stderr) => resume(error === null ? Effect.succeed(stdout) : Effect.die(stderr))
      )
      return Effect.sync(() => started.kill())
    })

  it.scopedLive("make a hundred calls at once, two on one machine, and no nonce is refused", () =>
    Effect.gen(function* () {
      const fake = makeFakeKraken()
      const { url } = yield* serve(fake)
      const { key, secret } = fake.keys.full
      const caller = program(url, yield* folder, key, secret, "50")
      yield* Effect.all([caller, caller], { concurrency: 2 })
      assert.deepStrictEqual([...new Set(fake.seen.map(({ outcome }) => outcome))], ["done"])
      assert.strictEqual(fake.count(), 100)
      assert.isTrue(isRising(fake.seen.map(({ nonce }) => nonce ?? 0n)))
    })
  )

  it.scopedLive.skipIf(isPostgresMissing)(
    `make three hundred calls at once, three with one database ${inPostgres}, and no nonce is refused`,
    () =>
      Effect.gen(function* () {
        const fake = makeFakeKraken()
        const { url } = yield* serve(fake)
        const { key, secret } = fake.keys.full
        const database = Redacted.value(yield* newPostgresDatabase)
        const server = Effect.flatMap(folder, (path) => program(url, path, key, secret, "100", database))
        yield* Effect.all([server, server, server], { concurrency: 3 })
        assert.deepStrictEqual([...new Set(fake.seen.map(({ outcome }) => outcome))], ["done"])
        assert.strictEqual(fake.count(), 300)
        assert.isTrue(isRising(fake.seen.map(({ nonce }) => nonce ?? 0n)))
      })
  )
})
