import { distance } from "fastest-levenshtein"

/** The longest distance of a name that is suggested. */
const near = 2

/** Says that a name is of no Kraken account, and which ones there are. For people at a terminal, never for a model. */
export const noSuchAccount = (name: string, known: ReadonlyArray<string>): string => {
  const byDistance = known.toSorted((a, b) => distance(name, a) - distance(name, b))
  const nearest = byDistance.find((other) => distance(name, other) <= near)
  const all = `there are ${known.join(", ")}`
  return `no Kraken account is called ${JSON.stringify(name)}; ${nearest === undefined ? all : `did you mean ${nearest}? (${all})`}`
}
