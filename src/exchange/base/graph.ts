import { SortedMap } from "./sortedMap.ts"

/**
 * Plain values with shared references, maps and bigints as JSON text. The text is a list of nodes, of which the first is
 * the root. An object is an object, a list begins with `"a"`, a map with `"m"`, a `SortedMap` with `"s"`. Inside a node,
 * text, numbers, booleans and null stand for themselves, `[3]` is the node 3, `["1"]` the bigint 1, `[]` undefined, and
 * `["k", 3]` the object 3 that both sides know.
 */
export const encodeGraph = (root: object, known: ReadonlyMap<object, number> = new Map()): string => {
  const places = new Map<object, number>([[root, 0]])
  const queue: Array<object> = [root]
  const token = (value: unknown): unknown => {
    if (value === undefined) return []
    if (typeof value === "bigint") return [value.toString()]
    if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${value} has no text`)
    if (typeof value !== "object" || value === null) return value
    const shared = known.get(value)
    if (shared !== undefined) return ["k", shared]
    let place = places.get(value)
    if (place === undefined) {
      place = queue.length
      places.set(value, place)
      queue.push(value)
    }
    return [place]
  }
  const pairs = (entries: Iterable<readonly [unknown, unknown]>): ReadonlyArray<unknown> =>
    Array.from(entries, ([key, value]) => [token(key), token(value)]).flat()
  const node = (value: object): unknown => {
    if (Array.isArray(value)) return ["a", ...value.map(token)]
    if (value instanceof Map) return ["m", ...pairs(value)]
    if (value instanceof SortedMap) return ["s", ...pairs(value.entries())]
    if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error(`a ${value.constructor.name} has no text`)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, token(each)]))
  }
  const nodes: Array<unknown> = []
  for (let place = 0; place < queue.length; place++) nodes.push(node(queue[place] ?? {}))
  return JSON.stringify(nodes)
}

/** Reads the text of {@link encodeGraph}. Objects keep the order of their fields. */
export const decodeGraph = (text: string, known: ReadonlyArray<object> = []): unknown => {
  const nodes: ReadonlyArray<unknown> = JSON.parse(text)
  const made = nodes.map((node): unknown => {
    if (!Array.isArray(node)) return node
    return node[0] === "m" ? new Map() : node[0] === "s" ? new SortedMap<number, unknown>() : []
  })
  const value = (token: unknown): unknown => {
    if (!Array.isArray(token)) return token
    const [first, second] = token
    if (typeof first === "number") return made[first]
    if (first === "k") return known[second]
    return first === undefined ? undefined : BigInt(first)
  }
  for (const [place, node] of nodes.entries()) {
    const into = made[place]
    if (!Array.isArray(node)) {
      // Written over the tokens: an object that is built field by field is slower to use.
      const fields = node as Record<string, unknown>
      for (const key of Object.keys(fields)) fields[key] = value(fields[key])
    } else if (Array.isArray(into)) for (let i = 1; i < node.length; i++) into.push(value(node[i]))
    else {
      const map = into as Map<unknown, unknown>
      for (let i = 1; i < node.length; i += 2) map.set(value(node[i]), value(node[i + 1]))
    }
  }
  return made[0]
}
