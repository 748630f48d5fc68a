/** Documents in which clients look for an OAuth server, and its endpoints at their default paths. */
const documents = "oauth-protected-resource|oauth-authorization-server|openid-configuration"
const endpoints = "register|authorize|token"

/**
 * Makes a check for the paths at which clients look for OAuth after a refused token: at the root and below the path of the
 * MCP endpoint, with that path before the document or behind it.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization read 2026-11-29
 */
export const makeIsOauthPath = (mcpPath: string) => {
  const paths = new RegExp(`^(?:/\\.well-known/(?:${documents})(?:/.*)?|/(?:${endpoints})/?)$`)
  return (path: string): boolean =>
    paths.test(path) || (path.startsWith(`${mcpPath}/`) && paths.test(path.slice(mcpPath.length)))
}
