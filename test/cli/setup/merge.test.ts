import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { json } from "../../../src/cli/setup/clients/mergeJson.ts"
import { toml } from "../../../src/cli/setup/clients/mergeToml.ts"
import type { Format } from "../../../src/cli/setup/clients/merge.ts"

const entry = { command: "node", args: ["main.mjs", "serve"] }

const merging = (format: Format, key: string) => (text: string) => {
  const at = { key, name: "kraken" }
  const merged = Either.getOrThrow(format.merge(text, at, entry))
  const after = merged._tag === "Changed" ? merged.text : text
  // A second run changes nothing, and the entry is read back.
  assert.deepStrictEqual(Either.getOrThrow(format.merge(after, at, entry)), { _tag: "Unchanged" })
  assert.deepInclude(Either.getOrThrow(format.read(after, at)), entry)
  return merged
}

const reasonOf = (format: Format, text: string, key = "mcpServers") =>
  Either.getOrThrow(Either.flip(format.merge(text, { key, name: "kraken" }, entry))).reason

describe("merging into JSON", () => {
  const merge = merging(json, "mcpServers")

  it("keeps comments, trailing commas, and every byte of the other servers", () => {
    const text = [
      "{",
      "  // My settings",
      '  "theme": "dark", // at night',
      '  "mcpServers": {',
      '    "other": { "command":"x" , "args": [ ] }, /* keep */',
      "  },",
      "}",
      ""
    ]
    const merged = merge(text.join("\n"))
    assert.deepStrictEqual(merged, {
      _tag: "Changed",
      replaced: false,
      text: [
        ...text.slice(0, 4),
        '    "kraken": {',
        '      "command": "node",',
        '      "args": [',
        '        "main.mjs",',
        '        "serve"',
        "      ]",
        "    },",
        ...text.slice(4)
      ].join("\n")
    })
  })

  it.each([
    ["an empty file", ""],
    ["an empty object", "{}"],
    ["no servers", '{ "theme": "dark" }'],
    ["empty servers", '{ "mcpServers": {} }'],
    ["servers that are null", '{ "mcpServers": null, "a": 1 }'],
    ["servers with nothing but a comment", '{\n  "mcpServers": {\n    // none yet\n  }\n}'],
    ["a comment behind the brace", '{ // mine\n  "mcpServers": { // servers\n    "a": {}\n  }\n}'],
    ["one line", '{"mcpServers":{"a":{"command":"b"}},"z":[1,2]}'],
    ["tabs and Windows lines", '{\r\n\t"mcpServers": {\r\n\t\t"a": {}\r\n\t}\r\n}\r\n']
  ])("works with %s", (_, text) => {
    const merged = merge(text)
    assert.strictEqual(merged._tag, "Changed")
    if (merged._tag === "Unchanged") return
    for (const comment of text.match(/\/\/.*/g) ?? []) assert.include(merged.text, comment)
    if (text.includes("\r\n")) assert.notMatch(merged.text, /(?<!\r)\n/)
    if (text.includes("\t")) assert.match(merged.text, /\n\t\t"kraken"/)
  })

  it("replaces a server of the same name, and nothing else", () => {
    const text = '{\n  "mcpServers": {\n    "kraken": { "command": "uv" }, // old\n    "b": {}\n  }\n}\n'
    const merged = merge(text)
    assert.deepInclude(merged, { _tag: "Changed", replaced: true })
    assert.match(Object(merged).text, /\}, \/\/ old\n {4}"b": \{\}\n/)
  })

  it("leaves a server alone that is reached in the same way, with settings of the user's own", () => {
    const own = { ...entry, env: {}, timeout: 60, disabled: true }
    const text = JSON.stringify({ mcpServers: { kraken: own } })
    assert.deepStrictEqual(merge(text), { _tag: "Unchanged" })
  })

  it.each([
    ["another argument", { ...entry, args: ["main.mjs"] }],
    ["an environment", { ...entry, env: { KRAKEN_API_KEY: "key" } }],
    ["an address besides", { ...entry, url: "http://localhost/mcp" }]
  ])("does not take a server with %s for the same", (_, other) => {
    assert.deepInclude(merge(JSON.stringify({ mcpServers: { kraken: other } })), { replaced: true })
  })

  it.each([
    ["{ nonsense", /no JSON: \w+ in line 1/],
    ['{\n"a": 1 "b": 2 }', /no JSON: \w+ in line 2/],
    ["[]", /no JSON object/],
    ['{ "mcpServers": [] }', /no object under mcpServers/],
    ['{ "mcpServers": {}, "mcpServers": { "a": {} } }', /without changing other parts/],
    ['{ "mcpServers": { "kraken": { "command": "a" }, "kraken": { "command": "b" } } }', /without changing other parts/]
  ])("refuses %j", (text, reason) => {
    assert.match(reasonOf(json, text), reason)
  })

  it("says nothing of the contents of a file that it can't read", () => {
    assert.notInclude(reasonOf(json, '{ "token": "hush" "'), "hush")
  })
})

describe("merging into TOML", () => {
  const merge = merging(toml, "mcp_servers")

  it("adds a table at the end, and keeps comments and everything else", () => {
    const text = '# mine\nmodel = "o" # best\n\n[mcp_servers.other]\ncommand = "x" # keep\n'
    assert.deepStrictEqual(merge(text), {
      _tag: "Changed",
      replaced: false,
      text: `${text}\n[mcp_servers.kraken]\ncommand = "node"\nargs = [ "main.mjs", "serve" ]\n`
    })
  })

  it("replaces the table of a server with those in it, and keeps comments of the next one", () => {
    const text = [
      "[mcp_servers.kraken]",
      'url = "http://localhost/mcp"',
      "",
      '[mcp_servers."kraken".http_headers]',
      'Authorization = "Bearer 1"',
      "",
      "# Of the next one",
      "[profiles.fast]",
      "a = 1",
      ""
    ].join("\n")
    assert.deepStrictEqual(merge(text), {
      _tag: "Changed",
      replaced: true,
      text: '\n# Of the next one\n[profiles.fast]\na = 1\n\n[mcp_servers.kraken]\ncommand = "node"\nargs = [ "main.mjs", "serve" ]\n'
    })
  })

  it.each([
    ["an empty file", ""],
    ["a table of all servers", '[mcp_servers]\n[mcp_servers.a]\ncommand = "b"\n'],
    ["a text that looks like the table", 'a = """\n[mcp_servers.kraken]\n"""\n'],
    ["Windows lines", "a = 1\r\n[b]\r\nc = 2\r\n"],
    ["dates and large numbers", "a = 2026-11-29T10:00:00Z\nb = 1e300\n"]
  ])("works with %s", (_, text) => {
    const merged = merge(text)
    assert.strictEqual(merged._tag, "Changed")
    assert.isTrue(Object(merged).text.startsWith(text.trimEnd()))
    if (text.includes("\r\n")) assert.notMatch(Object(merged).text, /(?<!\r)\n/)
  })

  it.each([
    ["a = ", /no TOML/],
    ['mcp_servers = "none"\n', /no table mcp_servers/],
    ['mcp_servers = { a = { command = "b" } }\n', /without changing other parts/],
    ['[mcp_servers]\nkraken = { command = "b" }\n', /without changing other parts/]
  ])("refuses %j", (text, reason) => {
    assert.match(reasonOf(toml, text, "mcp_servers"), reason)
  })

  it("says nothing of the contents of a file that it can't read", () => {
    assert.notInclude(reasonOf(toml, 'token = "hush" "', "mcp_servers"), "hush")
  })
})
