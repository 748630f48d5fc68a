import { endpoints, isEndpoint, isWrite } from "../../../domain/endpoints/endpoints.ts"
import { passesStop } from "../../../domain/endpoints/stopping.ts"
import { namesThatMove } from "./endpointNames.ts"

/** The names of all endpoints that cancel, as a list of SQL. */
export const cancelNames = namesThatMove("cancels")

/** The names of the endpoints that pass a stop, as a list of SQL. */
const passingNames = Object.keys(endpoints)
  .flatMap((name) => (isEndpoint(name) && isWrite(name) && passesStop(name) ? [`'${name}'`] : []))
  .join(", ")

/**
 * Makes the condition of SQL that a row of `intents` does not pass a stop, and that everybody or its caller is frozen. `schema` is
 * the prefix of the tables.
 */
export const isStopped = (schema: "" | "record."): string =>
  `(${schema}intents.endpoint NOT IN (${passingNames}) AND (
     EXISTS (SELECT 1 FROM ${schema}halt WHERE halted = 1)
     OR EXISTS (SELECT 1 FROM ${schema}mandates WHERE frozen_at IS NOT NULL
       AND (token = ${schema}intents.caller OR (token IS NULL AND subject = ${schema}intents.caller)))))`
