import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import { play } from "../../evals/scripted.ts"
import { skills as scripts, type Task } from "../../evals/task.ts"
import { tools } from "../../src/tools/toolsets.ts"
import { read, root } from "./files.ts"

interface Skill {
  readonly name: string
  readonly front: { readonly name: string; readonly description: string }
  readonly body: string
}

const skills: ReadonlyArray<Skill> = readdirSync(join(root, "plugin/skills")).map((name) => {
  const { body = "", front = "" } =
    /^---\n(?<front>[\s\S]+?)\n---\n(?<body>[\s\S]+)$/.exec(read(`plugin/skills/${name}/SKILL.md`))?.groups ?? {}
  return { name, front: parse(front), body }
})

/** Lists the texts in backticks. */
const spansOf = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span)

/** Lists the tools that a text names, in the order of their first mention. */
const namedIn = (text: string) => [...new Set(spansOf(text).filter((span) => tools.has(span)))]

const before = (text: string, heading: string) => text.slice(0, text.indexOf(`\n## ${heading}\n`))

/** Every word of a tool: its arguments, the fields of its answers, and their values. */
const wordsOf = (name: string) => {
  const { definition, schemas } = tools.get(name) ?? assert.fail(`There is no tool ${name}`)
  return new Set(JSON.stringify([definition, schemas]).match(/[\w-]+/g))
}

const scriptOf = (name: string): Task =>
  scripts.find(({ id }) => id === name) ?? assert.fail(`There is no script for ${name}`)

describe.each(skills)("the skill $name", ({ body, front, name }) => {
  /** @see https://agentskills.io/specification read 2026-11-29 */
  it("says what it is and when to use it, in the fields of the Agent Skills specification", () => {
    assert.hasAllKeys(front, ["name", "description"])
    assert.strictEqual(front.name, name)
    assert.match(name, /^[a-z]+(-[a-z]+)*$/)
    assert.isBelow(front.description.length, 1024)
    assert.match(front.description, /Use it (?:for|when|after)/)
  })

  it("names tools, arguments and values that there are", () => {
    const named = namedIn(body)
    const known = new Set(named.flatMap((tool) => [...wordsOf(tool)]))
    const others = skills.map(({ name }) => name)
    const unknown = spansOf(body)
      .filter((span) => !/^(?:docs\/|kraken:\/\/|dca-)/.test(span) && !others.includes(span))
      .filter((span) => !allowed.has(span) && span.split(": ").some((word) => !known.has(word)))
    assert.deepStrictEqual(unknown, [])
  })

  it("begins with the mode, so that nobody takes real money for play money", () => {
    assert.strictEqual(namedIn(body)[0], "get_trading_mode")
  })

  it("asks before its first write, and says what it never does", () => {
    const writes = namedIn(before(body, "Never")).filter((tool) => tools.get(tool)?.intent !== "read")
    assert.include(body, "\n## Never\n")
    for (const tool of writes) {
      const [until = ""] = body.split(`\`${tool}\``)
      const isValidated = new RegExp(`\`${tool}\` with [^.]*\`validate: true\``).test(body)
      assert.isTrue(
        isValidated || /wait for a (?:second )?yes|offer the user/.test(until),
        `${tool} comes before a question`
      )
      assert.include(body, "\n## Show before you write\n")
    }
  })

  it("names no command, so none that widens, approves or sets up", () => {
    assert.notMatch(body, /mcp-kraken|\bnpx?\b|--\w|`(?:token|approvals|operator|audit|resume|state|paper) \w/)
  })

  it.live("brings an account on paper to its end, when a script follows it", () =>
    Effect.gen(function* () {
      const task = scriptOf(name)
      assert.strictEqual(task.mode, "paper")
      const { calls, faults, tokens } = yield* play(task, "before")
      assert.deepStrictEqual(faults, [])
      assert.isAtMost(calls, task.budget.calls)
      assert.isAtMost(tokens, task.budget.tokens)
    })
  )

  it("is followed by its script: the same tools, in the same order", () => {
    const calls = scriptOf(name).before.flatMap((step) => ("call" in step ? [step.call] : []))
    const followed = [...new Set(calls.slice(calls.indexOf("get_trading_mode")))]
    const named = namedIn(body)
    assert.includeMembers(named, followed)
    assert.deepStrictEqual(
      followed,
      named.filter((tool) => followed.includes(tool))
    )
  })
})

/** Values of arguments, which no schema lists. */
const allowed = new Set(["-1d", "since: today", "volume: all", "wait_s: 30"])

describe("the skills of the plugin", () => {
  it("are as many as the scripts", () => {
    assert.sameMembers(
      skills.map(({ name }) => name),
      scripts.map(({ id }) => id)
    )
  })
})
