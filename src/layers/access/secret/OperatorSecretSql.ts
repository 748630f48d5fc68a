import { Effect, Either, Layer, Option, Redacted, Schema } from "effect"
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import {
  OperatorSecret,
  OperatorSecretUnavailable,
  Passphrase,
  type PreparedSecret,
  WrongPassphrase
} from "../../../services/OperatorSecret.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { Unreadable } from "../../storage/transactionalDatabase.ts"
import { makeAuthorityFile } from "../mandates/authorityFile.ts"
import { authorityOf } from "../record/authority.ts"
import { append } from "../record/append.ts"
import { recordFile } from "../record/recordFile.ts"
import { first, run, type Steps } from "../../storage/steps.ts"

/** The cost of a guess: 64 MiB of memory, twice over, and about a third of a second. */
const Parameters = Schema.Struct({
  N: Schema.Int.pipe(Schema.between(2 ** 14, 2 ** 20)),
  r: Schema.Int.pipe(Schema.between(1, 32)),
  p: Schema.Int.pipe(Schema.between(1, 16)),
  length: Schema.Int.pipe(Schema.between(32, 64))
})
type Parameters = typeof Parameters.Type

const parameters: Parameters = { N: 2 ** 16, r: 8, p: 2, length: 32 }

const decodeParameters = Schema.decodeUnknownEither(Schema.parseJson(Parameters))

/** One hash at a time in this process, since each takes much memory. */
const oneAtATime = Effect.unsafeMakeSemaphore(1).withPermits(1)

/** The operator secret in the database of the record. Looking at it makes no file. */
export const OperatorSecretSql = Layer.scoped(
  OperatorSecret,
  Effect.gen(function* () {
    const config = yield* Config
    const file = join(config.stateDir, recordFile)
    const { read, write } = yield* makeAuthorityFile(yield* authorityOf(config))

    const stored = read(rowOf).pipe(Effect.map(Option.flatten), Effect.mapError(unavailable))

    const current = Effect.map(
      stored,
      Option.map(({ fingerprint }) => ({ fingerprint }))
    )

    const verify = Effect.fn("OperatorSecret.verify")(function* (passphrase: Redacted.Redacted, act: string) {
      const row = yield* stored
      if (Option.isNone(row)) return yield* new WrongPassphrase({ act })
      return yield* verifyWith(row.value, passphrase, act)
    })

    return OperatorSecret.of({
      file,
      current,
      verify,
      require: Effect.fn("OperatorSecret.require")(function* (act) {
        if (Option.isNone(yield* current)) return Option.none()
        const passphrase = yield* Effect.flatMap(Passphrase, ({ ask }) => ask(act))
        return Option.some(yield* verify(passphrase, act))
      }),
      prepare: Effect.fn("OperatorSecret.prepare")(function* (passphrase) {
        const salt = randomBytes(32)
        const hash = yield* hashOf(passphrase, salt, parameters)
        return {
          salt: salt.toString("hex"),
          hash: hash.toString("hex"),
          parameters: JSON.stringify(parameters),
          fingerprint: fingerprintOf(salt, hash)
        }
      }),
      store: Effect.fn("OperatorSecret.store")(function* (prepared, before) {
        const expected = Option.getOrUndefined(Option.map(before, ({ fingerprint }) => fingerprint))
        return yield* Effect.mapError(
          write(function* (at) {
            const now = Option.getOrUndefined(Option.map(yield* rowOf(), ({ fingerprint }) => fingerprint))
            if (now !== expected) return false
            yield* insert(prepared)
            yield* append({ kind: "secret", at, actor: { id: "local" }, fingerprint: prepared.fingerprint })
            return true
          }),
          unavailable
        )
      })
    })
  })
)

/** Requires the passphrase of a secret that is stored elsewhere. Fails on one whose parts do not fit each other. */
export const requireStored = Effect.fn("OperatorSecret.requireStored")(function* (row: PreparedSecret, act: string) {
  const secret = yield* Effect.try({
    try: () => opened(row),
    catch: () => new OperatorSecretUnavailable({ reason: "The operator secret was altered." })
  })
  const passphrase = yield* Effect.flatMap(Passphrase, ({ ask }) => ask(act))
  return yield* verifyWith(secret, passphrase, act)
})

/** A secret whose parts fit each other. */
interface Stored {
  readonly salt: Buffer
  readonly hash: Buffer
  readonly cost: Parameters
  readonly fingerprint: string
}

const verifyWith = Effect.fnUntraced(function* (
  { cost, fingerprint, hash, salt }: Stored,
  passphrase: Redacted.Redacted,
  act: string
) {
  const given = yield* hashOf(passphrase, salt, cost)
  const isRight = given.length === hash.length && timingSafeEqual(given, hash)
  return isRight ? { fingerprint } : yield* new WrongPassphrase({ act })
})

/** Reads the row. Throws if its parts do not fit each other, as after a change by hand. */
function* rowOf() {
  const row = yield* first<PreparedSecret>("SELECT salt, hash, parameters, fingerprint FROM secret")
  return row === undefined ? Option.none() : Option.some(opened(row))
}

const opened = (row: PreparedSecret): Stored => {
  const [salt, hash] = [Buffer.from(row.salt, "hex"), Buffer.from(row.hash, "hex")]
  const cost = decodeParameters(row.parameters)
  if (Either.isLeft(cost) || fingerprintOf(salt, hash) !== row.fingerprint)
    throw new Unreadable({ message: "the operator secret in it was altered" })
  return { salt, hash, cost: cost.right, fingerprint: row.fingerprint }
}

function* insert({ fingerprint, hash, parameters, salt }: PreparedSecret): Steps<void> {
  yield* run(
    `INSERT INTO secret (id, salt, hash, parameters, fingerprint) VALUES (1, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET salt = excluded.salt, hash = excluded.hash, parameters = excluded.parameters,
       fingerprint = excluded.fingerprint`,
    salt,
    hash,
    parameters,
    fingerprint
  )
}

/** The salt, which no other place holds, keeps the fingerprint from helping to guess the passphrase. */
const fingerprintOf = (salt: Buffer, hash: Buffer): string =>
  createHash("sha256").update(salt).update(hash).digest("hex").slice(0, 16)

/** Keyboards differ in how they compose a letter with its accent. */
const hashOf = (passphrase: Redacted.Redacted, salt: Buffer, { length, N, p, r }: Parameters): Effect.Effect<Buffer> =>
  oneAtATime(
    Effect.async<Buffer>((resume) => {
      scrypt(
        Redacted.value(passphrase).normalize("NFKC"),
        salt,
        length,
        { N, r, p, maxmem: 256 * N * r },
        (error, hash) => resume(error === null ? Effect.succeed(hash) : Effect.die(error))
      )
    })
  )

const unavailable = ({ message }: DatabaseUnavailable) => new OperatorSecretUnavailable({ reason: message })
