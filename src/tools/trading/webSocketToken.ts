import { Schema } from "effect"
import * as Tool from "../kit/tool.ts"

export const getWebsocketsToken = Tool.endpoint("get_websockets_token", {
  title: "WebSocket token",
  description:
    "Token for Kraken's private WebSocket, to be used within expires seconds. It is a secret that allows trading: pass it to the program that connects, never show it.",
  endpoint: "private/GetWebSocketsToken",
  input: {},
  output: Schema.Struct({ token: Schema.String, expires: Schema.Number })
})
