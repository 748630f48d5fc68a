import { HttpsProxyAgent } from "https-proxy-agent"
import type { ClientRequest } from "node:http"
import type { Socket } from "node:net"
import { idleTimeout } from "./HttpClientKeepAlive.ts"
import type { Proxy } from "./proxy.ts"

/**
 * Connections through a proxy, kept alive as direct ones are. A request leaves only once the tunnel is open, so every
 * failure before that is one to connect, after which a write was definitely not sent.
 */
export class TunnelAgent extends HttpsProxyAgent<string> {
  constructor({ authorization, url }: Proxy) {
    // The library would write credentials in the address to its own log.
    const headers: Record<string, string> = authorization === undefined ? {} : { "Proxy-Authorization": authorization }
    super(url, { keepAlive: true, timeout: idleTimeout, headers: () => ({ ...headers }) })
    // The library drops this option, with which Node closes idle connections.
    this.options.timeout = idleTimeout
  }

  override connect(
    request: ClientRequest,
    options: Parameters<HttpsProxyAgent<string>["connect"]>[1]
  ): Promise<Socket> {
    let status: number | undefined
    request.once("proxyConnect", ({ statusCode }: { readonly statusCode: number }) => {
      status = statusCode
    })
    return super.connect(request, options).then(
      (socket) => {
        if (status === 200) return socket
        // The library would hand on the proxy's answer as if it were the server's.
        socket.destroy()
        throw failedToConnect(
          status === 407 ? "the proxy wants other credentials: HTTP 407" : `the proxy refused: HTTP ${status}`
        )
      },
      (error: unknown) => {
        throw failedToConnect(String(Object(error).code ?? "the proxy closed the connection"), error)
      }
    )
  }
}

/** Makes an error like those of Node about a connection that was never established. */
const failedToConnect = (code: string, cause?: unknown) =>
  Object.assign(new Error(`Can't connect through the proxy: ${code}`, { cause }), { code, syscall: "connect" })
