import { endpoints, type WriteEndpoint } from "./endpoints.ts"

/**
 * Tells whether a write passes while all is stopped: it is a cancel. A timer that cancels everything later is none: set or
 * turned off by a client, it would replace that of the stop.
 */
export const passesStop = (endpoint: WriteEndpoint): boolean =>
  endpoints[endpoint].moves === "cancels" && endpoint !== "private/CancelAllOrdersAfter"
