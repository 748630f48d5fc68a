import type { Mandate } from "./mandate.ts"
import type { ReadTerm } from "./termReaders.ts"

/** A flag of a mandate. */
export interface TermFlag {
  /** Its name without dashes. */
  readonly flag: string
  /** The setting by which a server without tokens takes it. Empty if there is none. */
  readonly setting: string
  /** The end of the sentence "expected …". */
  readonly expected: string
  readonly purpose: string
  /** The limit of a new mandate for which the flag is not given. */
  readonly byDefault: string
  /** True if the flag can be given several times. Its values can also be one text with commas. */
  readonly repeatable: boolean
}

/** A term of a mandate, with its reader. */
export interface Term extends TermFlag {
  /** The least access under which the term has an effect. */
  readonly access: Mandate["access"]
  readonly read: ReadTerm
}
