/**
 * A map that holds at most `capacity` entries. When it is full, a new entry evicts the least recently used one: `get` and
 * `set` use an entry. Keys can come from callers, so that a map without a bound would let them fill the memory.
 */
export interface BoundedMap<K, V> {
  readonly get: (key: K) => V | undefined
  /** Returns the entry of a key; makes it if there is none. */
  readonly getOrMake: (key: K, make: () => V) => V
  readonly set: (key: K, value: V) => void
  readonly delete: (key: K) => void
  /** Iterates over the keys, the least recently used first. */
  readonly keys: () => IterableIterator<K>
  /** Iterates over the values in the order of their keys. It uses no entry. */
  readonly values: () => IterableIterator<V>
}

export const makeBoundedMap = <K, V extends {}>(capacity: number): BoundedMap<K, V> => {
  // A Map iterates in the order of insertion, and each use inserts the entry again.
  const entries = new Map<K, V>()

  const get = (key: K): V | undefined => {
    const value = entries.get(key)
    if (value === undefined) return undefined
    entries.delete(key)
    entries.set(key, value)
    return value
  }

  const set = (key: K, value: V): void => {
    entries.delete(key)
    const [leastUsed] = entries.size >= capacity ? entries.keys() : []
    if (leastUsed !== undefined) entries.delete(leastUsed)
    entries.set(key, value)
  }

  return {
    get,
    getOrMake: (key, make) => {
      const known = get(key)
      if (known !== undefined) return known
      const made = make()
      set(key, made)
      return made
    },
    set,
    delete: (key) => {
      entries.delete(key)
    },
    keys: () => entries.keys(),
    values: () => entries.values()
  }
}
