/**
 * Steps of a transaction. A body is a generator: it yields a statement, and receives its result. The driver of a database
 * runs the statements, so that one body serves SQLite, whose driver runs them at once, and a database on the network.
 *
 * Texts are SQL that SQLite and PostgreSQL both understand. Parameters are written as `?`, or as `@name` if all of them
 * have names.
 */

/** A value that a statement is given. */
export type Parameter = string | number | bigint | null

/** The values of a statement by their positions, or one object with their names. */
export type Parameters = ReadonlyArray<Parameter> | readonly [Readonly<Record<string, Parameter>>]

/** A statement, and the form in which its result is wanted. `column` and `value` are the first column of all rows and of one. */
export interface Statement {
  readonly wants: "rows" | "row" | "column" | "value" | "changes"
  readonly text: string
  readonly parameters: Parameters
}

/** A body of a transaction, or a part of one, that ends with a value. */
export type Steps<A> = Generator<Statement, A, unknown>

/** Reads all rows. The caller says which columns its text selects. */
export function* all<R>(text: string, ...parameters: Parameters): Steps<ReadonlyArray<R>> {
  return (yield { wants: "rows", text, parameters }) as ReadonlyArray<R>
}

/** Reads the first row. Undefined if there is none. */
export function* first<R>(text: string, ...parameters: Parameters): Steps<R | undefined> {
  return (yield { wants: "row", text, parameters }) as R | undefined
}

/** Reads the first column of all rows. */
export function* column<V>(text: string, ...parameters: Parameters): Steps<ReadonlyArray<V>> {
  return (yield { wants: "column", text, parameters }) as ReadonlyArray<V>
}

/** Reads the first column of the first row. Undefined if there is none. */
export function* value<V>(text: string, ...parameters: Parameters): Steps<V | undefined> {
  return (yield { wants: "value", text, parameters }) as V | undefined
}

/** Tells if there is a row. */
export function* exists(text: string, ...parameters: Parameters): Steps<boolean> {
  return (yield { wants: "value", text, parameters }) !== undefined
}

/** Changes rows, and counts them. */
export function* run(text: string, ...parameters: Parameters): Steps<number> {
  return (yield { wants: "changes", text, parameters }) as number
}

/** Selects the items that pass a test which reads. */
export function* filter<A>(items: Iterable<A>, test: (item: A) => Steps<boolean>): Steps<ReadonlyArray<A>> {
  const passing: Array<A> = []
  for (const item of items) if (yield* test(item)) passing.push(item)
  return passing
}

/** Makes a value of each item, by steps. */
export function* map<A, B>(items: Iterable<A>, make: (item: A) => Steps<B>): Steps<ReadonlyArray<B>> {
  const made: Array<B> = []
  for (const item of items) made.push(yield* make(item))
  return made
}
