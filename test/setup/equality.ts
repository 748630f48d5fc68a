import { Equal, Redacted } from "effect"
import { chai } from "vitest"

// Chai compares iterable values by the elements that they yield. An Option yields a wrapper that hides its value, so
// `some(1)` would equal `none()`. It cannot see the secret inside a Redacted either.
const comparator = (left: unknown, right: unknown): boolean | null => {
  if (Redacted.isRedacted(left) && Redacted.isRedacted(right)) return Equal.equals(left, right)
  return tagOf(left) === tagOf(right) ? null : false
}

const tagOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "_tag" in value ? value._tag : undefined

chai.config.deepEqual = (expected, actual) => chai.util.eql(expected, actual, { comparator })
