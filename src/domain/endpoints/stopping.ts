import { endpoints, type Params, type WriteEndpoint } from "./endpoints.ts"

/**
 * Tells whether a write passes while all is stopped: it is a cancel. A timer that will cancel everything later is none,
 * since it would replace that of the stop.
 */
export const passesStop = (endpoint: WriteEndpoint, params: Params): boolean =>
  endpoints[endpoint].moves === "cancels" &&
  (endpoint !== "private/CancelAllOrdersAfter" || /^0+$/.test(String(params["timeout"])))
