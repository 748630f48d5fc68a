import { Either, Schema } from "effect"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { Unreadable } from "../../storage/transactionalDatabase.ts"

/** Returns decoded contents of a row, or throws: what this program writes decodes. */
export const readable = <A>(seq: number, decoded: Either.Either<A, unknown>): A => {
  if (Either.isRight(decoded)) return decoded.right
  throw new Unreadable({ message: `row ${seq} was altered` })
}

/** Texts whose contents each decoder keeps in memory. */
const mostTexts = 1000

/** Makes the reader of a column of JSON. Rows of open orders are read again and again, so that their contents are kept. */
export const makeReader = <A extends {}>(decode: (text: unknown) => Either.Either<A, unknown>) => {
  const known = makeBoundedMap<string, A>(mostTexts)
  return (seq: number, text: string): A => known.getOrMake(text, () => readable(seq, decode(text)))
}

/** Decodes a column that holds a list of texts as JSON. */
export const decodeTexts = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(Schema.String)))
