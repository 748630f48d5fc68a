import { Equal, Redacted } from "effect"
import { chai } from "vitest"

// Chai takes any two values that can be iterated over for equal if what they yield is, and an Option yields a wrapper that
// hides it: `some(1)` would be `none()`. It sees no secret inside a Redacted either.
const comparator = (left: unknown, right: unknown): boolean | null => {
  if (Redacted.isRedacted(left) && Redacted.isRedacted(right)) return Equal.equals(left, right)
  return tagOf(left) === tagOf(right) ? null : false
}

const tagOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "_tag" in value ? value._tag : undefined

chai.config.deepEqual = (expected, actual) => chai.util.eql(expected, actual, { comparator })
