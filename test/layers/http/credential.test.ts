import { assert, describe, it } from "@effect/vitest"
import { Option, Redacted } from "effect"
import { credential, printable } from "../../../src/layers/http/credential.ts"

const seen = (authorization: string | undefined, url: string, queryToken = true) => {
  const found = credential(authorization, url, queryToken)
  return [Option.getOrNull(Option.map(found.token, Redacted.value)), found.url]
}

describe("credential", () => {
  it("is the bearer of the Authorization header, in any case of the scheme", () => {
    assert.deepStrictEqual(seen("Bearer mck_a", "/mcp"), ["mck_a", "/mcp"])
    assert.deepStrictEqual(seen("bearer  mck_a ", "/mcp"), ["mck_a", "/mcp"])
  })

  it("is absent with another scheme, without a token, or with spaces in it", () => {
    for (const header of ["Basic eDp5", "Basic Bearer mck_a", "Bearer", "Bearer ", "Bearer a b", ""]) {
      assert.deepStrictEqual(seen(header, "/mcp"), [null, "/mcp"])
    }
  })

  it("can be in the query as apikey, and is removed from the URL", () => {
    assert.deepStrictEqual(seen(undefined, "/mcp?apikey=mck_a"), ["mck_a", "/mcp"])
    assert.deepStrictEqual(seen(undefined, "/mcp/?x=1&apikey=mck_a&y=a+b&y="), ["mck_a", "/mcp/?x=1&y=a+b&y="])
    assert.deepStrictEqual(seen(undefined, "/mcp?apikey=&apikey=mck_a&apikey=mck_b"), [
      "mck_a",
      "/mcp?apikey=&apikey=mck_b"
    ])
  })

  it("is not read from the query if there is a header of any scheme, or if it is empty, misspelt or not accepted", () => {
    assert.deepStrictEqual(seen("Basic eDp5", "/mcp?apikey=mck_a"), [null, "/mcp?apikey=mck_a"])
    assert.deepStrictEqual(seen("Bearer mck_b", "/mcp?apikey=mck_a"), ["mck_b", "/mcp?apikey=mck_a"])
    assert.deepStrictEqual(seen(undefined, "/mcp?apikey="), [null, "/mcp?apikey="])
    assert.deepStrictEqual(seen(undefined, "/mcp?ApiKey=mck_a"), [null, "/mcp?ApiKey=mck_a"])
    assert.deepStrictEqual(seen(undefined, "/mcp?apikey=mck_a", false), [null, "/mcp?apikey=mck_a"])
  })

  it("is read only from the part after the question mark", () => {
    assert.deepStrictEqual(seen(undefined, "apikey=mck_a"), [null, "apikey=mck_a"])
    assert.deepStrictEqual(seen(undefined, "?apikey=mck_a"), ["mck_a", ""])
  })
})

describe("printable", () => {
  it("masks every key of a URL, and nothing else", () => {
    assert.strictEqual(printable("/mcp?x=1&apikey=mck_a&y=2"), "/mcp?x=1&apikey=***&y=2")
    assert.strictEqual(printable("/mcp?apikey=a&ApiKey=b HTTP/1.1"), "/mcp?apikey=***&ApiKey=*** HTTP/1.1")
    assert.strictEqual(printable(`"/mcp?apikey=a", '/mcp?apikey=b'`), `"/mcp?apikey=***", '/mcp?apikey=***'`)
    assert.strictEqual(printable("/mcp?apikey=&x=1"), "/mcp?apikey=&x=1")
  })
})
