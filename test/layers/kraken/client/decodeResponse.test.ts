import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import type { NoAnswer, ApiRefusal } from "../../../../src/layers/kraken/answers/sendErrors.ts"
import {
  type ApiResponse,
  decodeResponse,
  decodeFileResponse,
  decodeWriteResponse
} from "../../../../src/layers/kraken/client/decodeResponse.ts"

const response = (status: number, body: string, headers: ApiResponse["headers"] = {}): ApiResponse => ({
  status,
  headers,
  body: new TextEncoder().encode(body)
})

/** Summarizes the result of decoding in a few fields. */
const summarize = (decoded: Either.Either<unknown, NoAnswer | ApiRefusal>): unknown =>
  Either.match(decoded, {
    onLeft: (left) =>
      left._tag === "ApiRefusal"
        ? { codes: left.codes, meaning: left.meaning._tag, retryAfter: left.retryAfter }
        : { reason: left.reason, retry: left.retry, sent: left.sent },
    onRight: (success) => success
  })

const done = (result: unknown, warnings: ReadonlyArray<string> = []) => ({ result, warnings })
const unusable = (reason: string, retry: boolean) => ({ reason, retry, sent: true })
const refused = (meaning: string, ...codes: ReadonlyArray<string>) => ({ codes, meaning, retryAfter: undefined })

/** A response, and the results of decoding it as that of a read and of a write. */
const responses: ReadonlyArray<readonly [ApiResponse, read: object, write: object]> = [
  [response(200, `{"error":[],"result":{"a":1}}`), done({ a: 1 }), done({ a: 1 })],
  [response(200, ` \n{"result":0}`), done(0), done(0)],
  [response(200, `{"error":[]}`), done(null), done(null)],
  [response(202, `{"error":[],"result":true}`), done(true), done(true)],
  [response(201, `{"error":[],"result":true}`), done(true), unusable("HTTP 201 with a broken answer", false)],
  [
    response(200, `{"error":["WGeneral:Danger"],"result":1}`),
    done(1, ["WGeneral:Danger"]),
    done(1, ["WGeneral:Danger"])
  ],
  [
    response(200, `{"error":["WGeneral:Danger","WGeneral:Again"]}`),
    unusable('HTTP 200 with "WGeneral:Danger"; "WGeneral:Again"', false),
    unusable('HTTP 200 with "WGeneral:Danger"; "WGeneral:Again"', false)
  ],
  ...[300, 302, 399].map(
    (status) =>
      [
        response(status, `{"error":["EOrder:Invalid price"]}`),
        unusable(`HTTP ${status} with a redirect, which is not followed`, false),
        unusable(`HTTP ${status} with a redirect, which is not followed`, false)
      ] as const
  ),
  [
    response(399 + 1, "<html>"),
    unusable("HTTP 400 with an HTML page", false),
    unusable("HTTP 400 with an HTML page", false)
  ],
  [
    response(200, "<html>"),
    unusable("HTTP 200 with an HTML page", true),
    unusable("HTTP 200 with an HTML page", false)
  ],
  [
    response(200, ""),
    unusable("HTTP 200 with an empty answer", true),
    unusable("HTTP 200 with an empty answer", false)
  ],
  [
    response(200, "Oops"),
    unusable("HTTP 200 with an answer that is not JSON", true),
    unusable("HTTP 200 with an answer that is not JSON", false)
  ],
  [
    response(200, "{"),
    unusable("HTTP 200 with a broken answer", true),
    unusable("HTTP 200 with a broken answer", false)
  ],
  [
    response(200, `{"a":1}`),
    unusable("HTTP 200 with a broken answer", true),
    unusable("HTTP 200 with a broken answer", false)
  ],
  [
    response(500, `{"error":["EGeneral:Internal error","EService:Busy"]}`),
    unusable('HTTP 500 with "EGeneral:Internal error"; "EService:Busy"', true),
    unusable('HTTP 500 with "EGeneral:Internal error"; "EService:Busy"', false)
  ],
  [
    response(502, "<html>"),
    unusable("HTTP 502 with an HTML page", true),
    unusable("HTTP 502 with an HTML page", false)
  ],
  [
    response(200, `{"error":["EService:Busy"]}`),
    unusable('Kraken said "EService:Busy"', true),
    unusable('Kraken said "EService:Busy"', true)
  ],
  [
    response(200, `{"error":["EService:Deadline elapsed","EGeneral:Internal error"]}`),
    unusable('Kraken said "EService:Deadline elapsed"; "EGeneral:Internal error"', false),
    unusable('Kraken said "EService:Deadline elapsed"; "EGeneral:Internal error"', false)
  ],
  [
    response(429, "slow down", { "retry-after": "16.2" }),
    { codes: ["HTTP 429"], meaning: "RateLimit", retryAfter: 17 },
    unusable("HTTP 429 with an answer that is not JSON", false)
  ],
  ...["0", "-3", "soon"].map(
    (seconds) =>
      [
        response(429, "", { "retry-after": seconds }),
        refused("RateLimit", "HTTP 429"),
        unusable("HTTP 429 with an empty answer", false)
      ] as const
  ),
  ...["null", "false", "{}", "[]"].map(
    (result) =>
      [
        response(200, `{"error":["EOrder:Invalid price"],"result":${result}}`),
        refused("Order", "EOrder:Invalid price"),
        refused("Order", "EOrder:Invalid price")
      ] as const
  ),
  ...["true", "0", `""`, `{"txid":["O1"]}`].map(
    (result) =>
      [
        response(200, `{"error":["EOrder:Invalid price"],"result":${result}}`),
        refused("Order", "EOrder:Invalid price"),
        unusable('HTTP 200 with "EOrder:Invalid price" beside a result', false)
      ] as const
  ),
  [
    response(422, `{"error":["EOrder:Invalid price","EOrder:Invalid order"]}`),
    refused("Order", "EOrder:Invalid price", "EOrder:Invalid order"),
    unusable('HTTP 422 with "EOrder:Invalid price"; "EOrder:Invalid order"', false)
  ]
]

describe("what an answer tells", () => {
  for (const [given, read, write] of responses) {
    const text = `HTTP ${given.status} ${new TextDecoder().decode(given.body)}`
    it(`of a read: ${text}`, () => assert.deepStrictEqual(summarize(decodeResponse(given, true)), read))
    it(`of a write: ${text}`, () => assert.deepStrictEqual(summarize(decodeWriteResponse(given)), write))
  }

  it("of a file: its bytes, or an envelope with errors", () => {
    const file = response(200, "PK\u0003\u0004")
    assert.deepStrictEqual(Either.getOrThrow(decodeFileResponse(file, true)), file.body)
    const others = [
      [response(404, "PK"), unusable("HTTP 404 with an answer that is not JSON", false)],
      [response(200, `{"error":["EQuery:Unknown asset"]}`), refused("Arguments", "EQuery:Unknown asset")],
      [response(200, `{"error":[],"result":{}}`), unusable("HTTP 200 with no file", false)]
    ] as const
    for (const [given, meaning] of others) assert.deepStrictEqual(summarize(decodeFileResponse(given, true)), meaning)
  })

  it("of a limit: the key's for a private call, the address's for a public one", () => {
    const limited = response(200, `{"error":["EAPI:Rate limit exceeded"]}`)
    const limiterOf = (decoded: ReturnType<typeof decodeResponse>) =>
      Either.match(decoded, { onLeft: (left) => ("meaning" in left ? left.meaning : left), onRight: () => undefined })
    assert.deepInclude(limiterOf(decodeResponse(limited, true)), { limiter: "rest" })
    assert.deepInclude(limiterOf(decodeResponse(limited, false)), { limiter: "public" })
    assert.deepInclude(limiterOf(decodeResponse(response(429, ""), true)), { limiter: "public" })
  })
})
