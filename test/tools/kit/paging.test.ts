import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { InvalidArguments } from "../../../src/tools/kit/arguments.ts"
import * as Paging from "../../../src/tools/kit/paging.ts"
import * as Tool from "../../../src/tools/kit/tool.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { faultsIn } from "../../fixtures/faults.ts"

/** Reads all pages by their cursors. */
const pages = <A>(page: (cursor: string | undefined) => { rows: ReadonlyArray<A>; page: { next_cursor?: string } }) => {
  const found: Array<ReadonlyArray<A>> = []
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const { page: { next_cursor } = {}, rows } = page(cursor)
    found.push(rows)
    cursor = next_cursor
  }
  return found
}

const at = (cursor: string | undefined, limit: number) => ({ limit, ...(cursor !== undefined && { cursor }) })

describe("pages backwards in time", () => {
  it("show every row once, though several have the same time", () => {
    const rows = [1, 2, 2, 2, 2, 3].map((time, id) => ({ time, id }))
    const found = pages((cursor) => Paging.pageBackwards(rows, ({ time }) => time, at(cursor, 2)))
    assert.deepStrictEqual(
      found.map((page) => page.map(({ id }) => id)),
      [
        [4, 5],
        [2, 3],
        [0, 1]
      ]
    )
  })

  it("show no row twice when newer ones arrive meanwhile", () => {
    const rows = [1, 2, 3, 4]
    const { page, rows: first } = Paging.pageBackwards(rows, Number, at(undefined, 2))
    const { rows: second } = Paging.pageBackwards([...rows, 5, 6], Number, at(page.next_cursor, 2))
    assert.deepStrictEqual(
      [first, second],
      [
        [3, 4],
        [1, 2]
      ]
    )
  })
})

describe("pages within Kraken's pages", () => {
  it("show every row once, and then go on with Kraken's cursor", () => {
    const found = pages((cursor) =>
      Paging.krakenCursor(cursor ?? "") === ""
        ? Paging.pageWithin(["a", "b", "c"], at(cursor, 2), "+more:")
        : Paging.pageWithin(["d", "e", "f"], at(cursor, 2), null)
    )
    assert.deepStrictEqual(found, [["a", "b"], ["c"], ["d", "e"], ["f"]])
  })
})

describe("the Python server's name of an input", () => {
  const calls: Array<object> = []
  const paged = Tool.endpoint("paged", {
    title: "Read",
    description: "A read.",
    endpoint: "private/Ledgers",
    input: Paging.offsetPaging(50, 50),
    aliases: Paging.aliases,
    params: Paging.offsetParams,
    output: Schema.Struct({})
  })
  const kraken = TestKraken({
    granted: ["query-ledger"],
    answers: { "private/Ledgers": { ledger: {} } },
    onCall: (_, params) => calls.push(params)
  })

  it.effect("is accepted, as a number or as text", () =>
    Effect.gen(function* () {
      for (const args of [{ ofs: 50 }, { ofs: "50" }, { cursor: "50", ofs: null }]) yield* paged.call(args)
      assert.deepStrictEqual(calls.splice(0), [{ ofs: 50 }, { ofs: 50 }, { ofs: 50 }])
    }).pipe(Effect.provide(kraken))
  )

  it.effect("is named in its fault, and refused beside the input that it stands for", () =>
    Effect.gen(function* () {
      for (const [args, path] of [
        [{ ofs: -1 }, "ofs"],
        [{ cursor: "a" }, "cursor"],
        [{ cursor: "50", ofs: 60 }, "ofs"]
      ] as const) {
        const error = yield* Effect.flip(paged.call(args))
        assert.instanceOf(error, InvalidArguments)
        assert.deepStrictEqual(
          faultsIn(error).map((fault) => fault.path),
          [path]
        )
      }
      assert.isEmpty(calls)
    }).pipe(Effect.provide(kraken))
  )
})
