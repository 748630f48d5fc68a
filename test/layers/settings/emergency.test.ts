import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { noDotenv, parseDotenv } from "../../../src/layers/settings/dotenvFile.ts"
import { decodeEmergency } from "../../../src/layers/settings/emergency.ts"
import * as Needs from "../../../src/layers/settings/needs.ts"

const environment = new Map([
  ["MCP_KRAKEN_STATE_DIR", "/mine"],
  ["HOME", "/home/user"]
])
const bare = new Map<string, string>()
const strange = parseDotenv("MCP_KRAKEN_MODE=paper\nMCP_KRAKEN_STATE_DIR=/theirs\n")

describe("settings of an emergency", () => {
  it.effect("take mode and state folder of a file only if somebody named it, and say where it differs", () =>
    Effect.gen(function* () {
      const unnamed = yield* decodeEmergency(bare, strange, false)
      assert.strictEqual(unnamed.mode, "live")
      assert.notStrictEqual(unnamed.stateDir, "/theirs")
      assert.lengthOf(unnamed.problems, 1)
      assert.include(unnamed.problems[0], "/theirs")
      assert.lengthOf(unnamed.notes, 1)
      const named = yield* decodeEmergency(bare, strange, true)
      assert.deepInclude(named, { mode: "paper", stateDir: "/theirs", problems: [], notes: [] })
    })
  )

  it.effect("say nothing of a file that the environment overrides", () =>
    Effect.gen(function* () {
      const whole = new Map([...environment, ["MCP_KRAKEN_MODE", "live"] as const])
      const settings = yield* decodeEmergency(whole, strange, false)
      assert.deepInclude(settings, { mode: "live", stateDir: "/mine", problems: [], notes: [] })
    })
  )

  it.effect.each([
    ["a line that is not understood", parseDotenv("KRAKEN_API_KEY=k\nnot a line\n")],
    ["a name that does not exist", parseDotenv("MCP_KRAKEN_STATE_DIRR=/theirs\n")],
    ["a file that cannot be read", { ...noDotenv, name: ".env", problems: [".env: can't be read (EACCES)"] }]
  ] as const)("are read although there is %s, which is a problem", ([, file]) =>
    Effect.gen(function* () {
      const settings = yield* decodeEmergency(environment, file, false)
      assert.strictEqual(settings.stateDir, "/mine")
      assert.lengthOf(settings.problems, 1)
      assert.strictEqual((yield* settings.config(Needs.record)).stateDir, "/mine")
    })
  )

  it.effect("take the usual folder if the one that is named is not understood, which is a problem", () =>
    Effect.gen(function* () {
      const settings = yield* decodeEmergency(new Map([["MCP_KRAKEN_STATE_DIR", ""]]), noDotenv, false)
      assert.match(settings.stateDir, /mcp-kraken$/)
      assert.lengthOf(settings.problems, 1)
    })
  )

  it.effect("name the file that has the API key, if nobody named it", () =>
    Effect.gen(function* () {
      const file = parseDotenv("KRAKEN_API_KEY=k\nKRAKEN_API_SECRET=c2VjcmV0\nMCP_KRAKEN_TOKEN_DB=/theirs/tokens.db\n")
      const strangeKeyIn = (variables: ReadonlyMap<string, string>, isNamed: boolean) =>
        Effect.map(decodeEmergency(variables, file, isNamed), ({ strangeKeyFile, tokenDbs }) => [
          Option.getOrUndefined(strangeKeyFile),
          ...tokenDbs
        ])
      assert.deepStrictEqual(yield* strangeKeyIn(environment, false), [".env", "/theirs/tokens.db", "./data/tokens.db"])
      assert.deepStrictEqual(yield* strangeKeyIn(environment, true), [undefined, "/theirs/tokens.db"])
      const withKey = new Map([...environment, ["KRAKEN_API_KEY", "mine"] as const])
      assert.strictEqual((yield* strangeKeyIn(withKey, false))[0], undefined)
    })
  )
})
