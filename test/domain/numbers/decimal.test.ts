import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { isDecimal } from "../../../src/domain/numbers/numberText.ts"
import { runs } from "../../Property.ts"

describe("decimal", () => {
  it("is written in a request as digits, with one point and a minus at the most", () => {
    for (const text of ["0", "12", "-12.50", "0.00000001"]) assert.isTrue(isDecimal(text), text)
    for (const text of ["", "1e5", ".5", "5.", "+5", "--5", " 5", "5 ", "5 BTC", "1,000", "1.2.3", "0x10", "Infinity"])
      assert.isFalse(isDecimal(text), text)
  })

  it("prints plain digits where BigDecimal prints an exponent", () => {
    assert.strictEqual(D.format(D.decimal("0.00000000000000000123")), "0.00000000000000000123")
    assert.strictEqual(D.format(D.decimal("1e-8")), "0.00000001")
    assert.strictEqual(D.format(D.decimal("1000000000000000000000000")), "1000000000000000000000000")
    assert.strictEqual(D.format(D.decimal("-12.3400")), "-12.34")
    assert.strictEqual(D.format(D.decimal("-1e3")), "-1000")
    assert.strictEqual(D.format(D.zero), "0")
  })

  it("prints amounts with a fixed number of decimals", () => {
    assert.strictEqual(D.toFixed(D.decimal("27500"), 1), "27500.0")
    assert.strictEqual(D.toFixed(D.decimal("0.125"), 2), "0.13")
    assert.strictEqual(D.toFixed(D.decimal("-0.125"), 2), "-0.13")
    assert.strictEqual(D.toFixed(D.decimal("0.129"), 2, "to-zero"), "0.12")
    assert.strictEqual(D.toFixed(D.zero, 8), "0.00000000")
  })

  it("finds the nearest multiple of a tick", () => {
    assert.strictEqual(D.format(D.nearestMultiple(D.decimal("61234.567"), D.decimal("0.1"))), "61234.6")
    assert.strictEqual(D.format(D.nearestMultiple(D.decimal("7.5"), D.decimal("5"))), "10")
    assert.isTrue(D.isMultipleOf(D.decimal("0.3"), D.decimal("0.1")))
    assert.isFalse(D.isMultipleOf(D.decimal("0.35"), D.decimal("0.1")))
  })

  it("computes a share in percent", () => {
    assert.strictEqual(D.percent(D.decimal("929.8"), D.decimal("111420.3")), "0.83")
    assert.strictEqual(D.percent(D.decimal("-1"), D.decimal("3")), "-33.33")
    assert.isUndefined(D.percent(D.decimal("1"), D.zero))
  })

  it("divides upwards, and finds the step of two steps", () => {
    assert.strictEqual(D.format(D.divideUp(D.decimal("1"), D.decimal("15"), 5)), "0.06667")
    assert.strictEqual(D.format(D.divideUp(D.decimal("1"), D.decimal("8"), 3)), "0.125")
    assert.strictEqual(D.format(D.commonMultiple(D.decimal("0.25"), D.decimal("0.1"))), "0.5")
    assert.strictEqual(D.format(D.commonMultiple(D.decimal("5"), D.decimal("0.01"))), "5")
  })

  it("loses no digit of any number of up to thirty digits", () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.nat(30), (digits, scale) => {
        const text = D.toFixed(D.make(digits, scale), scale)
        assert.strictEqual(BigInt(text.replace(".", "")), digits)
        assert.isTrue(D.equals(D.decimal(text), D.decimal(D.format(D.decimal(text)))))
      }),
      { numRuns: runs(100) }
    )
  })
})
