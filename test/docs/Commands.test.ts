import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { blocksOf, documents } from "./Markdown.ts"
import { reachesOf, use } from "./Clients.ts"
import { programs } from "./Programs.ts"
import { commandsOf } from "./Shell.ts"
import { makeStage } from "./Stage.ts"

/** Languages of blocks that are run or read here or in Contributing.test.ts, or that nobody runs. */
const languages = new Set(["sh", "json", "mermaid", "text", "ts"])

describe("what the documents tell people to do works", () => {
  it.scopedLive.each(documents.map((document) => ({ document })))(
    "$document",
    ({ document }) =>
      Effect.gen(function* () {
        const blocks = blocksOf(document)
        const stage = yield* makeStage
        for (const { language, line, text } of blocks) {
          const at = `${document}:${line}`
          assert.isTrue(languages.has(language), `${at}: a block of ${language || "no language"}`)
          if (language === "json") {
            for (const reach of reachesOf(JSON.parse(text))) yield* told(at, use(reach, stage))
          }
          if (language !== "sh") continue
          for (const command of commandsOf(text)) {
            const at = `${document}:${line + command.line}: ${command.source}`
            const program = programs[command.words[0] ?? ""]
            if (program === undefined) return assert.fail(`${at}: a command that this test does not know`)
            yield* told(
              at,
              Effect.suspend(() => program(command, stage))
            )
          }
        }
      }),
    // Servers start here, and one is built.
    120_000
  )
})

/** Says where in the document it went wrong. */
const told = <A, E, R>(at: string, effect: Effect.Effect<A, E, R>) =>
  Effect.catchAllDefect(effect as Effect.Effect<A, never, R>, (defect) =>
    Effect.die(new Error(`${at}\n${String(Object(defect).message ?? defect)}`, { cause: defect }))
  )
