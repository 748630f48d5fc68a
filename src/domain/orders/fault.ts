/** What no schema can say about a call: which field is at fault, and what would be right. */
export interface Fault {
  /** `price`, `orders.0.price`. */
  readonly path: string
  /** One sentence that names the rule, what was given, and the nearest value that would do. */
  readonly fault: string
}

/** The faults of a part, with the paths of the whole: `price` within `orders.0` is `orders.0.price`. */
export const within = (path: string, faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> =>
  faults.map(({ fault, ...at }) => ({ path: `${path}.${at.path}`, fault }))
