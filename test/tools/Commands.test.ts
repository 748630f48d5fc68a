import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import * as Reply from "../../src/layers/http/reply.ts"
import { about } from "../../src/layers/mcp/protocol/about.ts"
import { TokenForPaper, TokenId } from "../../src/services/TokenStore.ts"
import { TradingMode } from "../../src/services/TradingMode.ts"
import { errorText } from "../../src/tools/errorAdvice.ts"
import { getTradingMode } from "../../src/tools/general/tools.ts"
import { prompts } from "../../src/tools/prompts.ts"
import { resources } from "../../src/tools/resources.ts"
import { tools } from "../../src/tools/toolsets.ts"
import { testConfig } from "../doubles/TestConfig.ts"
import { TestKraken } from "../doubles/TestKraken.ts"
import { OperatedOnPaper } from "../doubles/TestPrincipal.ts"
import { toolErrors } from "../fixtures/toolErrors.ts"

/** A command line, a flag, or a setting of this program. A model with a shell would use it. */
const command = /mcp-kraken [a-z]|\bnp[mx] |(?:^|[\s`(])--[a-z]|\bMCP_KRAKEN_\w+/

const offending = (texts: ReadonlyArray<string>) => texts.filter((text) => command.test(text))

const credentials = Option.some({ key: Redacted.make("k"), secret: Redacted.make("s"), otp: Option.none() })

describe("texts that a model reads name no command, flag or setting that widens, approves or sets up", () => {
  it("in definitions of tools, resources and prompts", () => {
    const texts = [
      ...[...tools.values()].map(({ definition }) => JSON.stringify(definition)),
      ...resources.map(({ description }) => description),
      ...prompts.map(({ description, text }) => description + text({}))
    ]
    assert.deepStrictEqual(offending(texts), [])
  })

  it("in errors of tools, where only the names of the settings of Kraken's key are facts", () => {
    const texts = Object.values(toolErrors).flatMap((errors) => errors.map((error) => errorText(error)))
    assert.deepStrictEqual(offending(texts), [])
  })

  it("in refusals of a token, other than that of a browser's origin or host", () => {
    const texts = [
      Reply.noCredentials,
      Reply.invalidToken,
      Reply.refusedToken(new TokenForPaper({ id: TokenId.make("aabbccddeeff") }).message),
      Reply.tooManyFailures(1),
      Reply.noOauth
    ].map(({ body = "", headers }) => body + JSON.stringify(headers))
    assert.deepStrictEqual(offending(texts), [])
  })

  it("in the instructions of the server", () => {
    const texts = [{}, { credentials }, { mode: "paper" as const }, { readOnly: true }].map(
      (changes) => about(testConfig(changes)).instructions
    )
    assert.deepStrictEqual(offending(texts), [])
  })

  it.effect("in the trading mode", () =>
    Effect.gen(function* () {
      const market = { kind: "synthetic", name: "a market" } as const
      const modes = [
        { mode: "live", hasKey: true },
        { mode: "live", hasKey: false },
        { mode: "paper", market }
      ] as const
      const answers = yield* Effect.forEach(modes, (mode) =>
        Effect.provideService(getTradingMode.run({}), TradingMode, mode)
      )
      assert.deepStrictEqual(offending(answers.map((answer) => JSON.stringify(answer))), [])
    }).pipe(Effect.provide([TestKraken({}), OperatedOnPaper]))
  )

  it("finds those that it looks for", () => {
    const bad = [
      "Run mcp-kraken token create NAME.",
      "Start it again with --paper.",
      "Set MCP_KRAKEN_MODE=live.",
      "Run: npm rebuild better-sqlite3"
    ]
    assert.deepStrictEqual(offending(bad), bad)
    assert.deepStrictEqual(offending(["Ask the user to configure KRAKEN_API_KEY.", "See docs/paper.md."]), [])
  })
})
