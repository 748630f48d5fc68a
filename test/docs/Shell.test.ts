import { assert, describe, it } from "@effect/vitest"
import { commandsOf } from "./shell.ts"

describe("commands of a block of shell", () => {
  it("are its lines, and what is joined, without comments", () => {
    const block = `# First
npm ci && npm start # on port 8765

claude mcp add kraken http://localhost:8765/mcp#a \\
  --header "Authorization: Bearer # mck_…"
`
    assert.deepStrictEqual(
      commandsOf(block).map(({ line, words }) => ({ line, words })),
      [
        { line: 1, words: ["npm", "ci"] },
        { line: 1, words: ["npm", "start"] },
        {
          line: 3,
          words: [
            "claude",
            "mcp",
            "add",
            "kraken",
            "http://localhost:8765/mcp#a",
            "--header",
            "Authorization: Bearer # mck_…"
          ]
        }
      ]
    )
  })

  it("take variables before them, and say what they print", () => {
    const [command] = commandsOf(`A_B='1 2' C="\\"3\\"" curl --data '{"a": "b"}' localhost\n# {"ok":true}\n`)
    assert.deepInclude(command, {
      variables: { A_B: "1 2", C: '"3"' },
      words: ["curl", "--data", '{"a": "b"}', "localhost"],
      prints: '{"ok":true}'
    })
  })
})
