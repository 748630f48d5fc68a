import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import { optionalCount, optionalText, optionalTexts } from "../kit/answerFields.ts"
import { optional } from "../kit/fields.ts"
import { namingOnly } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"

const services = optionalTexts

/** Planned maintenance. */
export const Event = Schema.Struct({
  event_id: optionalText,
  title: optionalText,
  expected_start_utc: optionalText,
  expected_end_utc: optionalText,
  time_to_start_s: optionalCount,
  phase: optionalText,
  affected_services: services,
  order_submission: optionalText,
  recommended_action: optionalText,
  cancel_before_utc: optionalText,
  source_url: optionalText
})

const title = { title: optionalText, impact: optionalText, started_at_utc: optionalText }

/** A current incident. */
export const Incident = Schema.Struct({
  event_id: optionalText,
  ...title,
  incident_status: optionalText,
  affected_services: services,
  next_steps: optional(
    Schema.Array(Schema.Struct({ applies_to: services, type: optionalText, expected_at_utc: optionalText }))
  ),
  source_url: optionalText
}).annotations(namingOnly(title))

export const events = (list: Result<"public/MaintenanceSchedule">["events"] = []) =>
  list.map((event) => Rows.compact(event))

export const incidents = (list: Result<"public/SystemStatus">["emergency"] = []) =>
  list.map(({ next_steps = [], ...incident }) =>
    Rows.compact({ ...incident, next_steps: next_steps.map((step) => Rows.compact(step)) })
  )
