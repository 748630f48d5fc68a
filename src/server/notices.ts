import { Layer, Redacted } from "effect"
import { HttpClientForNotices } from "../layers/kraken/client/HttpClientThroughProxy.ts"
import { NotifierHttp } from "../layers/notifications/NotifierHttp.ts"
import type { NotificationTarget } from "../services/Config.ts"

/** Sends notices to a receiver. */
export const noticesTo = ({ url }: NotificationTarget) =>
  Layer.provide(NotifierHttp, HttpClientForNotices(Redacted.value(url)))
