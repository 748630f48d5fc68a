/** Levels that what comes from outside may be nested: real messages have ten, and thousands exhaust the stack. */
export const maxDepth = 100

/** Whether the value of a JSON text is nested no deeper. Short texts can't be nested deep enough to do harm. */
export const isShallow = (text: string, value: unknown): boolean => text.length < 1000 || within(value, maxDepth)

const within = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((item) => within(item, levels - 1)))
