import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, type Scope } from "effect"
import { parse } from "yaml"
import { blocksOf, documents } from "./markdown.ts"
import { reachesOf, use } from "./clients.ts"
import { carryOut, setVariables } from "./programs.ts"
import { commandsOf } from "./shell.ts"
import { parseToml } from "./toml.ts"
import { makeWorkspace, type Workspace } from "./workspace.ts"

/** Languages of code blocks that this file or Contributing.test.ts runs or reads, and of those that are not run. */
const languages = new Set(["sh", "json", "yaml", "toml", "dotenv", "ts", "mermaid", "text"])

/** Documents by the workspace in which they are carried out. The short pages of the clients share one. */
const groups = Object.entries(
  Array.groupBy(documents, (document) => (document.startsWith("docs/clients/") ? "docs/clients" : document))
).map(([group, documents]) => ({ group, documents }))

describe("what the documents tell people to do works", () => {
  it.scopedLive.each(groups)(
    "$group",
    ({ documents }) =>
      Effect.gen(function* () {
        // A document that tells people to do nothing needs no copy of the project.
        const workspace = yield* Effect.cached(makeWorkspace)
        const done = new Set<string>()
        for (const { at, carriedOut, once } of documents.flatMap(steps)) {
          if (once !== undefined && done.has(once)) continue
          yield* told(at, Effect.flatMap(workspace, carriedOut))
          if (once !== undefined) done.add(once)
        }
      }),
    // Starts servers, and builds one.
    300_000
  )

  it.scoped("and what no test knows is not passed over", () =>
    Effect.gen(function* () {
      const workspace = yield* makeWorkspace
      for (const source of ["rm --recursive data", "npm publish", "docker compose restart", "npx something"]) {
        const [command] = commandsOf(source)
        assert.throws(() => carryOut(command!, workspace), /not known here|no test knows/)
      }
    })
  )
})

/** One thing that a document tells people to do. */
interface Step {
  readonly at: string
  /** The same step on another page of the group need not be carried out again. */
  readonly once?: string
  readonly carriedOut: (workspace: Workspace) => Effect.Effect<unknown, never, Scope.Scope>
}

const steps = (document: string): ReadonlyArray<Step> =>
  blocksOf(document).flatMap(({ language, line, text }) => {
    const at = `${document}:${line}`
    assert.isTrue(languages.has(language), `${at}: a block of ${language || "no language"}`)
    switch (language) {
      case "json":
        return stepsOf(at, JSON.parse(text))
      case "toml":
        return stepsOf(at, parseToml(text))
      case "yaml":
        return stepsOf(at, parse(text))
      case "dotenv":
        return [{ at, carriedOut: setVariables(text.trim().split("\n")) }]
      case "sh":
        return commandsOf(text).map((command) => ({
          at: `${document}:${line + command.line}: ${command.source}`,
          carriedOut: (workspace: Workspace) => carryOut(command, workspace)
        }))
      default:
        return []
    }
  })

/** Lists the servers of a client's configuration as steps: the client uses each of them. */
const stepsOf = (at: string, configuration: unknown): ReadonlyArray<Step> =>
  reachesOf(configuration).map((reach) => ({
    at,
    // A server that the client starts is the same wherever it is told to. One that is called may be another.
    ...(reach.url === undefined && { once: JSON.stringify(reach) }),
    carriedOut: (workspace) => use(reach, workspace)
  }))

/** Adds the place in the document to a failure. */
const told = <A, E, R>(at: string, effect: Effect.Effect<A, E, R>) =>
  Effect.catchAllDefect(effect as Effect.Effect<A, never, R>, (defect) =>
    Effect.die(new Error(`${at}\n${String(Object(defect).message ?? defect)}`, { cause: defect }))
  )
