/** A fault that no schema can express: the field at fault, and a value that would be valid. */
export interface Fault {
  /** The path of the field: `price`, `orders.0.price`. */
  readonly path: string
  /** A sentence that names the rule, the value given, and the nearest valid value. */
  readonly fault: string
}

/** Prefixes the paths of faults: `price` within `orders.0` becomes `orders.0.price`. */
export const within = (path: string, faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> =>
  faults.map(({ fault, ...at }) => ({ path: `${path}.${at.path}`, fault }))
