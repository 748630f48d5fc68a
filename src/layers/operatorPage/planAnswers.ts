import { Effect, Option, Struct } from "effect"
import { createHash } from "node:crypto"
import { canonicalJson } from "../../domain/wire/canonicalJson.ts"
import type { Plan } from "../../services/Approvals.ts"
import { Config } from "../../services/Config.ts"
import type { SecretInForce } from "../../services/OperatorSecret.ts"
import { type Answered, approve, deny } from "../access/approvals/answerPlan.ts"
import { listNewest, listOpen, show } from "../access/approvals/readPlans.ts"
import { makeAuthorityFile } from "../access/mandates/authorityFile.ts"
import { accountsByKey } from "../access/record/accountsByKey.ts"
import { logHead } from "../access/record/logHead.ts"
import { authorityOf } from "../access/record/authority.ts"
import { type Steps } from "../storage/steps.ts"

/** The earlier plans that are listed. */
const mostEarlier = 10

/** The answers that a person can give. */
export const answers = ["yes", "no", "freeze"] as const
export type AnswerName = (typeof answers)[number]

/** The longest wait for a busy file. */
const wait = "10 seconds"

/** Computes a mark of what a person saw of a plan, so that an answer is to that and to nothing else. */
export const markOf = (plan: Plan): string =>
  createHash("sha256")
    .update(canonicalJson(Struct.omit(plan, "state")))
    .digest("hex")

/** Makes the access to the plans in the record. */
export const makePlanAnswers = Effect.gen(function* () {
  const config = yield* Config
  const names = accountsByKey(config)
  const { read, write } = yield* makeAuthorityFile(yield* authorityOf(config))
  return {
    /** Reads the plans that wait, and the newest others. */
    list: Effect.map(
      read(function* ({ wall }) {
        const open = yield* listOpen(wall, names)
        const waiting = new Set(open.map(({ id }) => id))
        return { open, earlier: (yield* listNewest(wall, mostEarlier, names)).filter(({ id }) => !waiting.has(id)) }
      }),
      Option.getOrElse(() => ({ open: [], earlier: [] }))
    ),
    show: (id: number) =>
      Effect.map(
        read(({ wall }) => show(wall, id, names)),
        Option.flatMap(Option.fromNullable)
      ),
    /** Answers a plan that was shown with a mark. Another plan of the same number is not answered. */
    answer: Effect.fn("operatorPage.answer")(function* (
      id: number,
      { mark, name, secret }: { readonly mark: string; readonly name: AnswerName; readonly secret: SecretInForce }
    ) {
      const answered = yield* write(function* (at): Steps<Answered> {
        const plan = yield* show(at, id, names)
        if (plan !== undefined && markOf(plan) !== mark) return { _tag: "NoSuchPlan" }
        return name === "yes"
          ? yield* approve(at, { channel: "page", plan: id, secret })
          : yield* deny(at, { channel: "page", plan: id, freezes: name === "freeze" })
      }, wait)
      const heads = [
        ...(answered._tag === "Answered" ? [answered.head] : []),
        ...("frozen" in answered && answered.frozen !== undefined ? [answered.frozen] : [])
      ]
      for (const head of heads) yield* logHead(head)
      return answered
    })
  }
})
