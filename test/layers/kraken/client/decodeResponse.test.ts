import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import type { NoAnswer, ApiRefusal } from "../../../../src/layers/kraken/answers/sendErrors.ts"
import {
  type ApiResponse,
  decodeResponse,
  decodeFileResponse,
  decodeWriteResponse
} from "../../../../src/layers/kraken/client/decodeResponse.ts"

const answer = (status: number, body: string, headers: ApiResponse["headers"] = {}): ApiResponse => ({
  status,
  headers,
  body: new TextEncoder().encode(body)
})

/** What a judgement comes to, in a few fields. */
const told = (judgement: Either.Either<unknown, NoAnswer | ApiRefusal>): unknown =>
  Either.match(judgement, {
    onLeft: (left) =>
      left._tag === "ApiRefusal"
        ? { codes: left.codes, meaning: left.meaning._tag, retryAfter: left.retryAfter }
        : { reason: left.reason, retry: left.retry, sent: left.sent },
    onRight: (success) => success
  })

const done = (result: unknown, warnings: ReadonlyArray<string> = []) => ({ result, warnings })
const open = (reason: string, retry: boolean) => ({ reason, retry, sent: true })
const refused = (meaning: string, ...codes: ReadonlyArray<string>) => ({ codes, meaning, retryAfter: undefined })

/** An answer, and what it tells of a read and of a write. */
const answers: ReadonlyArray<readonly [ApiResponse, read: object, write: object]> = [
  [answer(200, `{"error":[],"result":{"a":1}}`), done({ a: 1 }), done({ a: 1 })],
  [answer(200, ` \n{"result":0}`), done(0), done(0)],
  [answer(200, `{"error":[]}`), done(null), done(null)],
  [answer(202, `{"error":[],"result":true}`), done(true), done(true)],
  [answer(201, `{"error":[],"result":true}`), done(true), open("HTTP 201 with a broken answer", false)],
  [answer(200, `{"error":["WGeneral:Danger"],"result":1}`), done(1, ["WGeneral:Danger"]), done(1, ["WGeneral:Danger"])],
  [
    answer(200, `{"error":["WGeneral:Danger","WGeneral:Again"]}`),
    open("HTTP 200 with WGeneral:Danger; WGeneral:Again", false),
    open("HTTP 200 with WGeneral:Danger; WGeneral:Again", false)
  ],
  ...[300, 302, 399].map(
    (status) =>
      [
        answer(status, `{"error":["EOrder:Invalid price"]}`),
        open(`HTTP ${status} with a redirect, which is not followed`, false),
        open(`HTTP ${status} with a redirect, which is not followed`, false)
      ] as const
  ),
  [answer(399 + 1, "<html>"), open("HTTP 400 with an HTML page", false), open("HTTP 400 with an HTML page", false)],
  [answer(200, "<html>"), open("HTTP 200 with an HTML page", true), open("HTTP 200 with an HTML page", false)],
  [answer(200, ""), open("HTTP 200 with an empty answer", true), open("HTTP 200 with an empty answer", false)],
  [
    answer(200, "Oops"),
    open("HTTP 200 with an answer that is not JSON", true),
    open("HTTP 200 with an answer that is not JSON", false)
  ],
  [answer(200, "{"), open("HTTP 200 with a broken answer", true), open("HTTP 200 with a broken answer", false)],
  [answer(200, `{"a":1}`), open("HTTP 200 with a broken answer", true), open("HTTP 200 with a broken answer", false)],
  [
    answer(500, `{"error":["EGeneral:Internal error","EService:Busy"]}`),
    open("HTTP 500 with EGeneral:Internal error; EService:Busy", true),
    open("HTTP 500 with EGeneral:Internal error; EService:Busy", false)
  ],
  [answer(502, "<html>"), open("HTTP 502 with an HTML page", true), open("HTTP 502 with an HTML page", false)],
  [answer(200, `{"error":["EService:Busy"]}`), open("EService:Busy", true), open("EService:Busy", true)],
  [
    answer(200, `{"error":["EService:Deadline elapsed","EGeneral:Internal error"]}`),
    open("EService:Deadline elapsed; EGeneral:Internal error", false),
    open("EService:Deadline elapsed; EGeneral:Internal error", false)
  ],
  [
    answer(429, "slow down", { "retry-after": "16.2" }),
    { codes: ["HTTP 429"], meaning: "RateLimit", retryAfter: 17 },
    open("HTTP 429 with an answer that is not JSON", false)
  ],
  ...["0", "-3", "soon"].map(
    (seconds) =>
      [
        answer(429, "", { "retry-after": seconds }),
        refused("RateLimit", "HTTP 429"),
        open("HTTP 429 with an empty answer", false)
      ] as const
  ),
  ...["null", "false", "{}", "[]"].map(
    (result) =>
      [
        answer(200, `{"error":["EOrder:Invalid price"],"result":${result}}`),
        refused("Order", "EOrder:Invalid price"),
        refused("Order", "EOrder:Invalid price")
      ] as const
  ),
  ...["true", "0", `""`, `{"txid":["O1"]}`].map(
    (result) =>
      [
        answer(200, `{"error":["EOrder:Invalid price"],"result":${result}}`),
        refused("Order", "EOrder:Invalid price"),
        open("HTTP 200 with EOrder:Invalid price beside a result", false)
      ] as const
  ),
  [
    answer(422, `{"error":["EOrder:Invalid price","EOrder:Invalid order"]}`),
    refused("Order", "EOrder:Invalid price", "EOrder:Invalid order"),
    open("HTTP 422 with EOrder:Invalid price; EOrder:Invalid order", false)
  ]
]

describe("what an answer tells", () => {
  for (const [given, read, write] of answers) {
    const text = `HTTP ${given.status} ${new TextDecoder().decode(given.body)}`
    it(`of a read: ${text}`, () => assert.deepStrictEqual(told(decodeResponse(given, true)), read))
    it(`of a write: ${text}`, () => assert.deepStrictEqual(told(decodeWriteResponse(given)), write))
  }

  it("of a file: its bytes, or an envelope with errors", () => {
    const file = answer(200, "PK\u0003\u0004")
    assert.deepStrictEqual(Either.getOrThrow(decodeFileResponse(file, true)), file.body)
    const others = [
      [answer(404, "PK"), open("HTTP 404 with an answer that is not JSON", false)],
      [answer(200, `{"error":["EQuery:Unknown asset"]}`), refused("Arguments", "EQuery:Unknown asset")],
      [answer(200, `{"error":[],"result":{}}`), open("HTTP 200 with no file", false)]
    ] as const
    for (const [given, meaning] of others) assert.deepStrictEqual(told(decodeFileResponse(given, true)), meaning)
  })

  it("of a limit: the key's for a private call, the address's for a public one", () => {
    const limited = answer(200, `{"error":["EAPI:Rate limit exceeded"]}`)
    const limiterOf = (judgement: ReturnType<typeof decodeResponse>) =>
      Either.match(judgement, { onLeft: (left) => ("meaning" in left ? left.meaning : left), onRight: () => undefined })
    assert.deepInclude(limiterOf(decodeResponse(limited, true)), { limiter: "rest" })
    assert.deepInclude(limiterOf(decodeResponse(limited, false)), { limiter: "public" })
    assert.deepInclude(limiterOf(decodeResponse(answer(429, ""), true)), { limiter: "public" })
  })
})
