/** The base of a pair or of a pattern, and its quote together with its venue. */
const sides = (pattern: string): readonly [base: string, quote: string] => {
  const at = pattern.indexOf("/")
  return [pattern.slice(0, at), pattern.slice(at + 1)]
}

/**
 * Checks that a pattern such as `ETH/*` matches a pair, or all pairs of another pattern. Names are compared as they are.
 * A star does not stand for pairs of other venues, such as `ETH/USD:BTNL`, which only their names match.
 */
export const covers = (pattern: string, other: string): boolean => {
  const [base, quote] = sides(pattern)
  const [otherBase, otherQuote] = sides(other)
  return (base === "*" || base === otherBase) && (quote === otherQuote || (quote === "*" && !otherQuote.includes(":")))
}
