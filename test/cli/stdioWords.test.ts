import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { stdioWords } from "../../src/cli/stdioWords.ts"

const read = (words: string) => Option.getOrUndefined(stdioWords(words.split(" ")))

describe("stdioWords", () => {
  it.each([
    ["serve --stdio", { paper: false, envFile: Option.none() }],
    ["serve --paper --stdio", { paper: true, envFile: Option.none() }],
    ["serve --stdio --env-file a.env", { paper: false, envFile: Option.some("a.env") }],
    ["serve --env-file --stdio --paper", undefined],
    ["serve --env-file a.env --stdio --paper", { paper: true, envFile: Option.some("a.env") }],
    ["serve --stdio --env-file", undefined],
    ["serve --stdio --stdio", undefined],
    ["serve --stdio --env-file a --env-file b", undefined],
    ["serve --stdio --port 1", undefined],
    ["serve --env-file --stdio", undefined],
    ["serve --paper", undefined],
    ["token list", undefined]
  ])("%s", (words, expected) => {
    assert.deepStrictEqual(read(words), expected)
  })
})
