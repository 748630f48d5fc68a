/** Returns the host for a URL by which this machine reaches a server that listens on `host`. */
export const urlHost = (host: string): string => {
  if (host === "0.0.0.0" || host === "::") return "localhost"
  return host.includes(":") ? `[${host}]` : host
}
