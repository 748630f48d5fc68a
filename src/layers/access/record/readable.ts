import { Either, Schema } from "effect"
import { Unreadable } from "../../storage/immediateDatabase.ts"

/** Returns decoded contents of a row, or throws: what this program writes decodes. */
export const readable = <A>(seq: number, decoded: Either.Either<A, unknown>): A => {
  if (Either.isRight(decoded)) return decoded.right
  throw new Unreadable({ message: `row ${seq} was altered` })
}

/** Decodes a column that holds a list of texts as JSON. */
export const decodeTexts = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(Schema.String)))
