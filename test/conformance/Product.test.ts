import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeHouse, serveHttp } from "../serve/Server.ts"
import { serveProxy } from "./proxy.ts"
import { referee } from "./referee.ts"

/**
 * The scenarios that need no fixtures of the suite, which every server has to pass. `npm run conformance` runs the others,
 * which call the suite's own tools and prompts.
 */
const applicable = {
  "2025-11-25": [
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "prompts-list",
    "dns-rebinding-protection"
  ],
  "2026-07-28": [
    "tools-list",
    "server-sse-multiple-streams",
    "resources-list",
    "sep-2164-resource-not-found",
    "prompts-list",
    "dns-rebinding-protection",
    "caching",
    "input-required-result-missing-input-response",
    "input-required-result-unsupported-methods",
    "input-required-result-ignore-extra-params",
    "input-required-result-validate-input",
    "http-header-validation"
  ]
}

describe("the official conformance suite finds no fault with the product itself", () => {
  for (const [revision, scenarios] of Object.entries(applicable)) {
    it.scopedLive(
      revision,
      () =>
        Effect.gen(function* () {
          const { token, url } = yield* serveHttp(yield* makeHouse)
          const proxy = yield* serveProxy(Number(new URL(url).port), token)
          const { verdicts } = yield* referee(proxy, revision)
          assert.deepStrictEqual(
            scenarios.filter((name) => {
              const { failed = 0, passed = 0 } = verdicts.get(name) ?? {}
              return passed === 0 || failed > 0
            }),
            []
          )
        }),
      120_000
    )
  }
})
