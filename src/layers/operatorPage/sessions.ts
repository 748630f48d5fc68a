import { Effect, Option } from "effect"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import type { SecretInForce } from "../../services/OperatorSecret.ts"
import { monotonic } from "../../services/Clocks.ts"
import { makeBoundedMap } from "../caching/boundedMap.ts"

/** The most sessions at the same time. A new one ends the one that was used the longest time ago. */
const capacity = 20

/** The time without a request after which a session ends, and the longest time that it lasts, in milliseconds. */
const idleTime = 30 * 60_000
const longestTime = 12 * 3_600_000

/** A person who gave the operator secret. */
export interface Session {
  /**
   * The name of its folder in addresses. The cookie is sent to that folder only. Browsers send cookies to all ports of a
   * host, so that a page of another program on this machine would get one that has no folder of its own.
   */
  readonly id: string
  /** The value of its cookie. */
  readonly cookie: string
  /** The value that each of its forms holds. */
  readonly csrf: string
  /** The secret that was given. */
  readonly secret: SecretInForce
}

const random = () => randomBytes(24).toString("base64url")

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Compares two secrets in a time that does not depend on them. */
export const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))

export type Sessions = ReturnType<typeof makeSessions>

/** Makes the store of sessions. They end with the process. */
export const makeSessions = () => {
  const sessions = makeBoundedMap<string, { readonly session: Session; readonly begun: number; used: number }>(capacity)
  return {
    begin: (secret: SecretInForce): Effect.Effect<Session> =>
      Effect.map(monotonic, (now) => {
        const session: Session = { id: random(), cookie: random(), csrf: random(), secret }
        sessions.set(session.id, { session, begun: now, used: now })
        return session
      }),
    /** Finds the session of a folder and a cookie, and notes that it is used. */
    find: (id: string, cookie: string | undefined): Effect.Effect<Option.Option<Session>> =>
      Effect.map(monotonic, (now) => {
        const found = sessions.get(id)
        if (found === undefined || cookie === undefined || !isSame(found.session.cookie, cookie)) return Option.none()
        if (now - found.used >= idleTime || now - found.begun >= longestTime) {
          sessions.delete(id)
          return Option.none()
        }
        found.used = now
        return Option.some(found.session)
      }),
    end: ({ id }: Session): Effect.Effect<void> => Effect.sync(() => sessions.delete(id))
  }
}
