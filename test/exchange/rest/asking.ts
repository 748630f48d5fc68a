import { assert } from "@effect/vitest"
import { Redacted } from "effect"
import { answer, type RestExchange, type Outcome } from "../../../src/exchange/rest/RestExchange.ts"
import type { Request } from "../../../src/exchange/rest/Request.ts"
import { makeRestExchange } from "../../../src/exchange/rest/seedAccount.ts"
import { makeCredentials } from "../../../src/layers/exchange/keys.ts"
import { signature } from "../../doubles/fake/Wire.ts"

// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

/** Everything in these tests happens at this moment, unless the exchange's clock is put forward. */
export const moment = Date.UTC(2026, 8, 21, 9)

export const open = (settings: { readonly rateLimits?: boolean } = {}): RestExchange =>
  makeRestExchange(moment, { seed: 1, rateLimits: false, ...settings }, makeCredentials(1))

export const keyNamed = (rest: RestExchange, name: string) => {
  const key = [...rest.keys.values()].find((key) => key.name === name)
  return key ?? assert.fail(`no key ${name}`)
}

export interface Asked {
  readonly key?: string
  /** Also the text that is signed, where a body of its own is given. */
  readonly nonce?: number | bigint
  readonly body?: string
  readonly contentType?: string | undefined
  readonly query?: string
  /** In place of the right one. */
  readonly signature?: string
}

let nonces = moment

/** A private call of the key `full`, signed by the double's code, which shares nothing with ours. */
export const signed = (rest: RestExchange, name: string, fields: object = {}, asked: Asked = {}): Request => {
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

/** What came back as JSON, at once. */
export const read = ({ after, reply }: Outcome): Json => {
  if (reply === "cut") return assert.fail("the connection was cut")
  assert.strictEqual(after, 0)
  assert.strictEqual(reply.contentType, "application/json; charset=utf-8")
  return JSON.parse(String(reply.body))
}

export const ask = (rest: RestExchange, name: string, fields?: object, asked?: Asked): Json =>
  read(send(rest, name, fields, asked))

/** The result; fails the test if Kraken would have refused. */
export const ok = (rest: RestExchange, name: string, fields?: object, asked?: Asked): Json => {
  const { error, result } = ask(rest, name, fields, asked)
  assert.deepStrictEqual(error, [], name)
  return result
}

/** The errors as one text. */
export const refusal = (rest: RestExchange, name: string, fields?: object, asked?: Asked): string =>
  ask(rest, name, fields, asked).error.join()
