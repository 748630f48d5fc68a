import { namesThatMove } from "./endpointNames.ts"

/** The names of all endpoints that cancel, as a list of SQL. */
export const cancelNames = namesThatMove("cancels")

/**
 * Makes the condition of SQL that a row of `intents` is no cancel, and that everybody or its caller is frozen. `schema` is
 * the prefix of the tables.
 */
export const isStopped = (schema: "" | "record."): string =>
  `(${schema}intents.endpoint NOT IN (${cancelNames}) AND (
     EXISTS (SELECT 1 FROM ${schema}halt WHERE halted = 1)
     OR EXISTS (SELECT 1 FROM ${schema}mandates WHERE frozen_at IS NOT NULL
       AND (token = ${schema}intents.caller OR (token IS NULL AND subject = ${schema}intents.caller)))))`
