import { Schema } from "effect"
import * as Tool from "./Tool.ts"

export const getServerTime = Tool.endpoint("get_server_time", {
  title: "Server time",
  description: "Kraken's clock, to rule out clock skew.",
  endpoint: "public/Time",
  intent: "read",
  input: {},
  output: Schema.Struct({
    unixtime: Schema.Number.annotations({ description: "Unix seconds" }),
    rfc1123: Schema.String.annotations({ description: "The same moment in words" })
  })
})
