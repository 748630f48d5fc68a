import { Inspectable, Logger, Predicate } from "effect"

type Fields = { readonly [name: string]: unknown }

type Options = Logger.Logger.Options<unknown>

/**
 * Effect's own formats, where `Effect.logInfo("request", { status, ms })` is a message with fields. They are written as
 * annotations are, and cost less: annotations are put into the fiber and taken out again.
 */
export const logfmt = Logger.make((options: Options): string => {
  const { fields, message } = partsOf(options.message)
  const line = Logger.logfmtLogger.log({ ...options, message })
  return Object.entries(fields).reduce((line, [name, value]) => `${line} ${word(name)}=${quoted(value)}`, line)
})

export const json = Logger.make((options: Options): string => {
  const { fields, message } = partsOf(options.message)
  const line = Logger.structuredLogger.log({ ...options, message })
  return Inspectable.stringifyCircular({ ...line, annotations: { ...line.annotations, ...fields } })
})

const partsOf = (message: unknown): { readonly message: unknown; readonly fields: Fields } =>
  Array.isArray(message) && message.length === 2 && isFields(message[1])
    ? { message: [message[0]], fields: message[1] }
    : { message, fields: {} }

const isFields = (value: unknown): value is Fields =>
  Predicate.isRecord(value) && Object.getPrototypeOf(value) === Object.prototype

const word = (name: string): string => name.replaceAll(/[\s="]/g, "_")

const quoted = (value: unknown): string => {
  const text = Inspectable.toStringUnknown(value, 0)
  return /[\s="]/.test(text) ? JSON.stringify(text) : text
}
