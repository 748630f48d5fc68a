import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { LongNumber, parseJson, parseWithLongNumbers, stringifyWithBigints } from "../../../src/domain/wire/json.ts"
import { runs } from "../../Property.ts"

describe("parseJson", () => {
  it("keeps numbers that a double holds, and the digits of the others", () => {
    const text = `{"small":0.1,"time":1760999900.1234,"nanos":1616492376594123457,"many":[0.12345678901234567890],"huge":1e400}`
    assert.deepStrictEqual(parseJson(text), {
      small: 0.1,
      time: 1760999900.1234,
      nanos: "1616492376594123457",
      many: ["0.12345678901234567890"],
      huge: "1e400"
    })
  })

  it("loses no digit of any decimal number, wherever it stands", () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,24})?$/)
    const places = fc.constantFrom(
      (n: string) => n,
      (n: string) => `[${n}]`,
      (n: string) => `[1,${n}]`,
      (n: string) => `[ ${n} ]`
    )
    fc.assert(
      fc.property(digits, places, (number, place) => {
        const value = [parseJson(place(number))].flat().at(-1)
        assert.strictEqual(significant(String(value)), significant(number))
      }),
      { numRuns: runs(2000) }
    )
  })

  it("agrees with the engine on everything else", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const expected: unknown = JSON.parse(text, (_, value: unknown) =>
          typeof value === "number" ? String(value) : value
        )
        const numbersAsText: unknown = JSON.parse(JSON.stringify(parseJson(text)), (_, value: unknown) =>
          typeof value === "number" ? String(value) : value
        )
        assert.deepEqual(numbersAsText, expected)
      }),
      { numRuns: runs(500) }
    )
  })

  for (const text of ["", "{", "<html>", `{"a":01234567890123456}`, `{"a":1234567890123456,}`]) {
    it(`refuses ${text === "" ? "nothing" : text}`, () => assert.throws(() => parseJson(text), SyntaxError))
  }
})

/** Normalizes a number: significant digits and the position of the point, without an exponent. */
const significant = (number: string): string => {
  const [mantissa = "", exponent = "0"] = number.toLowerCase().split("e")
  const [whole = "", decimals = ""] = mantissa.replace("-", "").split(".")
  const digits = (whole + decimals).replace(/^0+/, "")
  const scale = decimals.length - Number(exponent)
  const zeros = /0*$/.exec(digits)?.[0].length ?? 0
  return digits === ""
    ? "0"
    : `${number.startsWith("-") ? "-" : ""}${digits.slice(0, digits.length - zeros)}@${scale - zeros}`
}

describe("parseWithLongNumbers", () => {
  it("marks the numbers that a double does not hold, with the digits that were written", () => {
    const text = `{"small":0.1,"zeros":1.50000000000000000000,"shortest":0.30000000000000004,"id":9007199254740993,"huge":1e400}`
    const parsed = parseWithLongNumbers(text)
    assert.deepInclude(parsed, { small: 0.1, zeros: 1.5, shortest: 0.1 + 0.2 })
    assert.deepInclude(parsed, { id: new LongNumber("9007199254740993"), huge: new LongNumber("1e400") })
  })

  it("makes own fields of every name, as the engine does", () => {
    const parsed = parseWithLongNumbers(`{"__proto__":{"a":1},"id":9007199254740993}`)
    assert.sameMembers(Object.keys(Object(parsed)), ["__proto__", "id"])
    assert.isUndefined(Object(parsed).a)
  })
})

describe("stringifyWithBigints", () => {
  it("writes the digits of a bigint, and all else as the engine does", () => {
    assert.strictEqual(
      stringifyWithBigints({ id: 9007199254740993n, absent: undefined, text: "é\u2028\n", list: [1, null, undefined] }),
      '{"id":9007199254740993,"text":"é\u2028\\n","list":[1,null,null]}'
    )
  })
})
