/** Number of items in a block of an archive. */
export const blockLength = 100

/** Facts of a block by which a search can pass over it unread. */
export interface Summary {
  /** Smallest and largest time of its items, in epoch milliseconds. */
  readonly from: number
  readonly to: number
  /** Numbers of its items by group. */
  readonly groups: Readonly<Record<string, number>>
}

/** The oldest items of a history, kept outside of memory in blocks of {@link blockLength}, from number 0. */
export interface Archive<A> {
  readonly summaries: () => ReadonlyArray<Summary>
  readonly block: (number: number) => ReadonlyArray<A>
  /** Returns the place of the item with an id. */
  readonly placeOf: (id: string) => number | undefined
}

/** The properties of a history's items that searches use. */
export interface Kind<A> {
  readonly times: (item: A) => ReadonlyArray<number>
  readonly groupOf: (item: A) => string
  /** Returns an item's id, if items are looked up by it. */
  readonly idOf?: (item: A) => string
}

/** A part of a history. `items` reads it if it is not in memory. */
export interface Part<A> extends Summary {
  readonly items: () => ReadonlyArray<A>
}

/**
 * A list that grows at its end and never changes otherwise. Its items have places from 0. The oldest ones can be moved to
 * an archive, from which they are read when they are needed, or be dropped for good beyond the newest `most`.
 */
export class History<A> {
  /** Place of the first item in memory, and number of items at the beginning that the archive holds. */
  private first = 0
  private archived = 0
  private archive: Archive<A> | undefined
  private readonly items: Array<A> = []
  private readonly byId = new Map<string, A>()
  private readonly kind: Kind<A>
  private readonly most: number
  private lastRead: { readonly number: number; readonly items: ReadonlyArray<A> } | undefined

  constructor(kind: Kind<A>, most = Infinity) {
    this.kind = kind
    this.most = most
  }

  groupOf(item: A): string {
    return this.kind.groupOf(item)
  }

  get length(): number {
    return this.first + this.items.length
  }

  push(item: A): void {
    this.items.push(item)
    if (this.kind.idOf !== undefined) this.byId.set(this.kind.idOf(item), item)
    // Dropped by the half, since one by one would copy the list each time.
    if (this.items.length > this.most * 2) this.drop(this.most)
  }

  /** Returns the item at a place; a negative one counts from the end. */
  at(place: number): A | undefined {
    const found = place < 0 ? this.length + place : place
    if (found >= this.first) return this.items[found - this.first]
    if (found < 0 || found >= this.archived) return undefined
    return this.block(Math.floor(found / blockLength))[found % blockLength]
  }

  /** Returns the item with an id, if items have ids. */
  get(id: string): A | undefined {
    const known = this.byId.get(id)
    if (known !== undefined) return known
    const place = this.archive?.placeOf(id)
    return place === undefined || place >= this.archived ? undefined : this.at(place)
  }

  /** Returns the items from a place on, without those that were dropped; a negative one counts from the end. */
  slice(from: number): ReadonlyArray<A> {
    const begin = Math.max(0, from < 0 ? this.length + from : from)
    if (begin >= this.first) return this.items.slice(begin - this.first)
    return Array.from({ length: this.length - begin }, (_, i) => this.at(begin + i)).filter(
      (item): item is A => item !== undefined
    )
  }

  /** Iterates over the items, oldest first. */
  *[Symbol.iterator](): IterableIterator<A> {
    for (let number = 0; number * blockLength < this.archived; number++) yield* this.block(number)
    yield* this.items
  }

  /** Iterates over the parts, newest first. */
  *partsFromNewest(): IterableIterator<Part<A>> {
    for (let end = this.items.length; end > 0; end -= blockLength) {
      const items = this.items.slice(Math.max(0, end - blockLength), end)
      yield { ...this.summaryOf(items), items: () => items }
    }
    const summaries = this.archived > 0 ? (this.archive?.summaries() ?? []) : []
    for (let number = this.archived / blockLength - 1; number >= 0; number--) {
      const summary = summaries[number]
      if (summary === undefined) throw new Error("a block of its history is missing")
      yield { ...summary, items: () => this.block(number) }
    }
  }

  /** Iterates over the items that have a time in a range, oldest first. Both ends are included. */
  *between(from: number, to: number): IterableIterator<A> {
    const parts = [...this.partsFromNewest()].filter((part) => part.to >= from && part.from <= to)
    for (const part of parts.toReversed())
      for (const item of part.items()) if (this.kind.times(item).some((time) => time >= from && time <= to)) yield item
  }

  /** Returns the whole blocks in memory that the archive does not hold yet, each with its number and summary. */
  wholeBlocks(): ReadonlyArray<{
    readonly number: number
    readonly items: ReadonlyArray<A>
    readonly summary: Summary
    readonly ids: ReadonlyArray<string>
  }> {
    return Array.from({ length: Math.floor(this.items.length / blockLength) }, (_, i) => {
      const items = this.items.slice(i * blockLength, (i + 1) * blockLength)
      const { idOf } = this.kind
      return {
        number: this.first / blockLength + i,
        items,
        summary: this.summaryOf(items),
        ids: idOf === undefined ? [] : items.map(idOf)
      }
    })
  }

  /** Returns the items in memory from a place on, and that place. */
  inMemory(from = this.first): { readonly first: number; readonly items: ReadonlyArray<A> } {
    return { first: from, items: this.items.slice(from - this.first) }
  }

  /** Leaves the items before a place, which the archive holds, to the archive. Returns those that left memory. */
  leaveTo(archive: Archive<A>, place: number): ReadonlyArray<A> {
    this.archive = archive
    this.archived = place
    this.lastRead = undefined
    return this.drop(place - this.first)
  }

  /** Fills an empty history with what a snapshot holds of it. */
  restore({ first, items }: { readonly first: number; readonly items: ReadonlyArray<A> }, archive?: Archive<A>): this {
    this.first = first
    this.archive = archive
    this.archived = archive === undefined ? 0 : first
    for (const item of items) this.push(item)
    return this
  }

  private drop(count: number): ReadonlyArray<A> {
    const dropped = this.items.splice(0, count)
    this.first += dropped.length
    if (this.kind.idOf !== undefined) for (const item of dropped) this.byId.delete(this.kind.idOf(item))
    return dropped
  }

  private block(number: number): ReadonlyArray<A> {
    if (this.lastRead?.number === number) return this.lastRead.items
    if (this.archive === undefined) throw new Error("its history has no archive")
    const items = this.archive.block(number)
    this.lastRead = { number, items }
    return items
  }

  private summaryOf(items: ReadonlyArray<A>): Summary {
    const { groupOf, times } = this.kind
    let [from, to] = [Infinity, -Infinity]
    const groups: Record<string, number> = {}
    for (const item of items) {
      for (const time of times(item)) {
        if (time < from) from = time
        if (time > to) to = time
      }
      const group = groupOf(item)
      groups[group] = (groups[group] ?? 0) + 1
    }
    return { from, to, groups }
  }
}
