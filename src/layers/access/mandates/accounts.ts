import { all, type Steps } from "../../storage/steps.ts"

/** An account on which a mandate was used. */
export interface UsedAccount {
  /** The SHA-256 of the API key in hex, or `paper`. */
  readonly key: string
  readonly account: string
}

/** Lists the accounts on which a mandate was used, by its subject. */
export function* accountsOf(subject: string): Steps<ReadonlyArray<UsedAccount>> {
  return yield* all<UsedAccount>(
    `SELECT key, account FROM spends WHERE subject = @subject
     UNION SELECT key, account FROM uses WHERE scope = @subject
     UNION SELECT key, account FROM holdings WHERE scope = @subject ORDER BY key, account`,
    { subject }
  )
}
