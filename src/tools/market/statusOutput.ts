import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import { Count, optional } from "../kit/fields.ts"
import { naming } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"

const words = optional(Schema.String)
const services = optional(Schema.Array(Schema.String))

/** Planned maintenance. */
export const Event = Schema.Struct({
  event_id: words,
  title: words,
  expected_start_utc: words,
  expected_end_utc: words,
  time_to_start_s: optional(Count),
  phase: words,
  affected_services: services,
  order_submission: words,
  recommended_action: words,
  cancel_before_utc: words,
  source_url: words
})

const title = { title: words, impact: words, started_at_utc: words }

/** Something that goes wrong now. */
export const Incident = Schema.Struct({
  event_id: words,
  ...title,
  incident_status: words,
  affected_services: services,
  next_steps: optional(Schema.Array(Schema.Struct({ applies_to: services, type: words, expected_at_utc: words }))),
  source_url: words
}).annotations(naming(title))

export const events = (list: Result<"public/MaintenanceSchedule">["events"] = []) =>
  list.map((event) => Rows.compact(event))

export const incidents = (list: Result<"public/SystemStatus">["emergency"] = []) =>
  list.map(({ next_steps = [], ...incident }) =>
    Rows.compact({ ...incident, next_steps: next_steps.map((step) => Rows.compact(step)) })
  )
