import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { parse } from "yaml"
import { blocksOf, documents } from "./markdown.ts"
import { reachesOf, use } from "./clients.ts"
import { carryOut } from "./programs.ts"
import { commandsOf } from "./shell.ts"
import { makeWorkspace } from "./workspace.ts"

/** Languages of code blocks that this file or Contributing.test.ts runs or reads, and of those that are not run. */
const languages = new Set(["sh", "json", "yaml", "ts", "mermaid", "text"])

describe("what the documents tell people to do works", () => {
  it.scopedLive.each(documents.map((document) => ({ document })))(
    "$document",
    ({ document }) =>
      Effect.gen(function* () {
        const blocks = blocksOf(document)
        const workspace = yield* makeWorkspace
        for (const { language, line, text } of blocks) {
          const at = `${document}:${line}`
          assert.isTrue(languages.has(language), `${at}: a block of ${language || "no language"}`)
          if (language === "json") {
            for (const reach of reachesOf(JSON.parse(text))) yield* told(at, use(reach, workspace))
          }
          if (language === "yaml") parse(text)
          if (language !== "sh") continue
          for (const command of commandsOf(text)) {
            const at = `${document}:${line + command.line}: ${command.source}`
            yield* told(
              at,
              Effect.suspend(() => carryOut(command, workspace))
            )
          }
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

/** Adds the place in the document to a failure. */
const told = <A, E, R>(at: string, effect: Effect.Effect<A, E, R>) =>
  Effect.catchAllDefect(effect as Effect.Effect<A, never, R>, (defect) =>
    Effect.die(new Error(`${at}\n${String(Object(defect).message ?? defect)}`, { cause: defect }))
  )
