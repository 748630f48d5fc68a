import { assert, describe, it } from "@effect/vitest"
import { makeSequences } from "../../../src/domain/live/sequences.ts"

type Sent = readonly [channel: string, sequence: number, isSnapshot?: boolean]

const numbersOf = (messages: ReadonlyArray<Sent>): ReadonlyArray<number | undefined> => {
  const { own } = makeSequences()
  return messages.map(([channel, sequence, isSnapshot = false]) => own(channel, isSnapshot, sequence))
}

describe("numbers of messages of private channels", () => {
  it.each<readonly [string, ReadonlyArray<Sent>, ReadonlyArray<number>]>([
    [
      "counted by channel stay as they are",
      [
        ["executions", 1, true],
        ["balances", 1, true],
        ["executions", 2],
        ["balances", 2],
        ["executions", 3]
      ],
      [1, 1, 2, 2, 3]
    ],
    [
      "counted by connection have no gap where another channel had the number",
      [
        ["executions", 1, true],
        ["balances", 2, true],
        ["executions", 3],
        ["balances", 4],
        ["balances", 5],
        ["executions", 6],
        ["executions", 7]
      ],
      [1, 2, 2, 3, 4, 3, 4]
    ],
    [
      "show a gap if no channel had the number",
      [
        ["executions", 1, true],
        ["balances", 2, true],
        ["executions", 4]
      ],
      [1, 2, 3]
    ],
    [
      "show a gap of a channel although another one had the number, once both had the same one",
      [
        ["executions", 1, true],
        ["balances", 1, true],
        ["balances", 2],
        ["executions", 3]
      ],
      [1, 1, 2, 3]
    ],
    [
      "stay the same for a message that comes again",
      [
        ["executions", 1, true],
        ["balances", 2, true],
        ["executions", 3],
        ["executions", 3]
      ],
      [1, 2, 2, 2]
    ]
  ])("%s", (_, messages, expected) => {
    assert.deepStrictEqual(numbersOf(messages), expected)
  })

  it("are unknown if Kraken sends none", () => {
    assert.isUndefined(makeSequences().own("executions", false, undefined))
  })
})
