import { assert } from "@effect/vitest"
import { openSession, due, receive, type Outgoing, type Session } from "../../../src/exchange/live/session.ts"
import { type Json, moment, ok, open } from "../rest/asking.ts"

/** Opens a session with a simulated exchange in this process, whose time moves only with `pass`. */
export const connect = (side: "public" | "private" = "public", key = "full") => {
  const rest = open()
  let clock = moment
  const { outgoing, session } = openSession(rest, { private: side === "private", number: 1, clock })
  const parsed = (texts: ReadonlyArray<Outgoing>): ReadonlyArray<Json> =>
    texts.map((each) => (each === "cut" ? assert.fail("the connection was cut") : JSON.parse(each.text)))
  return {
    rest,
    session,
    greeting: parsed(outgoing),
    /** Sends a message, and returns the answers. */
    send: (message: object) => parsed(receive(rest, session, JSON.stringify(message), clock)),
    /** Sends a text, and returns what is to be sent as it is. */
    sendText: (text: string) => receive(rest, session, text, clock),
    /** Lets time pass, and returns what is due then. */
    pass: (millis: number) => parsed(due(rest, session, (clock += millis))),
    /** Lets time pass, and returns what is to be sent as it is. */
    passRaw: (millis: number) => due(rest, session, (clock += millis)),
    token: (): string => ok(rest, "GetWebSocketsToken", {}, { key }).token
  }
}

export const subscribe = (channel: string, params: object = {}, reqId?: number) => ({
  method: "subscribe",
  params: { channel, ...params },
  ...(reqId !== undefined && { req_id: reqId })
})

export type { Session }
