import { DateTime, Option, Schema } from "effect"
import { textFrom } from "./fields.ts"
import { ifShort } from "./numberFields.ts"

/** ISO 8601: `2026-09-21` or `2026-09-21T09:15:02Z`. A time without a zone would depend on this machine's zone. */
const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

const unixSeconds = (given: string | number): string => {
  const text = String(given)
  const time = iso.test(text) ? DateTime.make(text) : Option.none()
  return Option.match(time, {
    onNone: () => text,
    onSome: (utc) => String(Math.floor(utc.epochMillis / 1000))
  })
}

/** Makes a field that converts ISO 8601 to Unix seconds. Other text, such as an id or `+3600`, is passed on unchanged. */
export const timeOrText = (description: string) =>
  textFrom(unixSeconds, description).pipe(Schema.filter(ifShort, { jsonSchema: { type: "string", description } }))

/** Makes a field for a time, which is sent as Unix seconds. */
export const time = (description: string) =>
  timeOrText(description).pipe(
    Schema.filter((text) => /^\d+(\.\d+)?$/.test(text), {
      jsonSchema: { type: "string", description },
      message: ({ actual }) =>
        `must be Unix seconds or ISO 8601 such as 2026-09-21T09:15:02Z, got ${JSON.stringify(actual)}`
    })
  )

/** Makes a field for a time that is sent as ISO 8601, with all its digits. */
export const isoTime = (description: string) =>
  Schema.String.pipe(
    Schema.filter((text) => iso.test(text), {
      description,
      jsonSchema: {},
      message: ({ actual }) => `must be ISO 8601 such as 2026-09-21T09:15:02Z, got ${JSON.stringify(actual)}`
    })
  )

export const start = timeOrText("Only after this: Unix seconds, ISO 8601 or an id")
export const end = timeOrText("Only up to this: Unix seconds, ISO 8601 or an id")
