/** The most levels of nesting in input from outside. Real messages have ten; thousands exhaust the stack. */
export const maxDepth = 100

/**
 * Checks that a parsed JSON text is nested at most `maxDepth` levels. Short texts can't be nested deep enough to do
 * harm.
 */
export const isShallow = (text: string, value: unknown): boolean => text.length < 1000 || within(value, maxDepth)

const within = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((item) => within(item, levels - 1)))
