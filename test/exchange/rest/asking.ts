import { assert } from "@effect/vitest"
import { Redacted } from "effect"
import { answer, type RestExchange, type Outcome } from "../../../src/exchange/rest/restExchange.ts"
import type { HttpRequest } from "../../../src/exchange/rest/httpRequest.ts"
import { makeRestExchange } from "../../../src/exchange/rest/seedAccount.ts"
import { makeCredentials } from "../../../src/layers/exchange/keys.ts"
import { signature } from "../../doubles/fake/Wire.ts"

// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

/** The time of these tests, in Unix milliseconds, unless they advance the exchange's clock. */
export const moment = Date.UTC(2026, 8, 21, 9)

export const open = (settings: { readonly rateLimits?: boolean } = {}): RestExchange =>
  makeRestExchange(moment, { seed: 1, rateLimits: false, ...settings }, makeCredentials(1))

export const keyNamed = (rest: RestExchange, name: string) => {
  const key = [...rest.keys.values()].find((key) => key.name === name)
  return key ?? assert.fail(`no key ${name}`)
}

export interface Asked {
  readonly key?: string
  /** The nonce that is signed, also for a body that the test gives. */
  readonly nonce?: number | bigint
  readonly body?: string
  readonly contentType?: string | undefined
  readonly query?: string
  /** A signature in place of the correct one. */
  readonly signature?: string
}

let nonces = moment

/** Makes a private call of the key `full`, signed by the double's code, which is independent of ours. */
export const signed = (rest: RestExchange, name: string, fields: object = {}, asked: Asked = {}): HttpRequest => {
  const { contentType = "application/x-www-form-urlencoded", nonce = ++nonces } = asked
  const { key, secret } = keyNamed(rest, asked.key ?? "full")
  const path = `/0/private/${name}`
  const form = () => new URLSearchParams({ nonce: String(nonce), ...fields }).toString()
  const body = Buffer.from(asked.body ?? form())
  const headers = {
    "content-type": "contentType" in asked ? asked.contentType : contentType,
    "api-key": key,
    "api-sign": asked.signature ?? signature(path, String(nonce), body, Redacted.value(secret))
  }
  return { method: "POST", path, query: asked.query ?? "", headers, body }
}

export const send = (rest: RestExchange, name: string, fields?: object, asked?: Asked): Outcome =>
  answer(rest, signed(rest, name, fields, asked), moment)

/** Parses an answer as JSON. Fails the test if it is delayed or the connection was cut. */
export const read = ({ after, reply }: Outcome): Json => {
  if (reply === "cut") return assert.fail("the connection was cut")
  assert.strictEqual(after, 0)
  assert.strictEqual(reply.contentType, "application/json; charset=utf-8")
  return JSON.parse(String(reply.body))
}

export const ask = (rest: RestExchange, name: string, fields?: object, asked?: Asked): Json =>
  read(send(rest, name, fields, asked))

/** Returns the result. Fails the test if Kraken would have refused. */
export const ok = (rest: RestExchange, name: string, fields?: object, asked?: Asked): Json => {
  const { error, result } = ask(rest, name, fields, asked)
  assert.deepStrictEqual(error, [], name)
  return result
}

/** Returns the error codes as one text. */
export const refusal = (rest: RestExchange, name: string, fields?: object, asked?: Asked): string =>
  ask(rest, name, fields, asked).error.join()
