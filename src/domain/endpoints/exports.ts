import { Schema } from "effect"
import { page, read, write } from "./endpoint.ts"
import { keyed, numeric, optionalText } from "./results.ts"

/**
 * An export report and its state.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/export-status read 2026-08-17
 */
const Export = Schema.Struct({
  id: Schema.String,
  descr: optionalText,
  report: optionalText,
  format: optionalText,
  status: Schema.String,
  error: optionalText,
  fields: optionalText,
  asset: optionalText,
  createdtm: numeric,
  completedtm: numeric,
  datastarttm: numeric,
  dataendtm: numeric
})

/** Endpoints for export reports. */
export const exports = {
  "private/AddExport": write({
    intent: "write",
    moves: "nothing",
    permissions: [["export-data"]],
    restCost: 1,
    engine: "none",
    priority: "write",
    idempotent: false,
    result: Schema.Struct({ id: Schema.String }),
    see: page("add-export")
  }),
  "private/ExportStatus": read({
    permissions: [["export-data"]],
    restCost: 1,
    result: Schema.Array(Export),
    see: page("export-status")
  }),
  // The answer is a ZIP file, not JSON.
  "private/RetrieveExport": read({
    permissions: [["export-data"]],
    restCost: 1,
    result: Schema.Uint8ArrayFromSelf,
    see: page("retrieve-export")
  }),
  "private/RemoveExport": write({
    intent: "write",
    moves: "nothing",
    permissions: [["export-data"]],
    restCost: 1,
    engine: "none",
    priority: "write",
    idempotent: false,
    // The only field is `delete` or `cancel`, depending on the request.
    result: keyed(Schema.Unknown),
    see: page("remove-export")
  })
}
