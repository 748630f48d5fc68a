import { Schema } from "effect"
import { page, write } from "./endpoint.ts"

const once = { restCost: 1, engine: "none", priority: "write", idempotent: false } as const

/** Endpoints for subaccounts of a master account, for institutional clients. */
export const subaccounts = {
  "private/CreateSubaccount": write({
    ...once,
    intent: "write",
    moves: "nothing",
    permissions: [["withdraw-funds"], ["modify-trades"]],
    result: Schema.Boolean,
    see: page("create-subaccount")
  }),
  "private/AccountTransfer": write({
    ...once,
    intent: "destroy",
    moves: "within",
    permissions: [["withdraw-funds"]],
    result: Schema.Struct({ transfer_id: Schema.String, status: Schema.String }),
    see: page("account-transfer")
  })
}
