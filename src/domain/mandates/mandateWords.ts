/**
 * The spans of time in which spending is limited. `order` is a single order; `hour`, `day`, `week` and `month` are the
 * last 1 h, 24 h, 7 d and 30 d; `total` is the life of the mandate.
 */
export const windows = ["order", "hour", "day", "week", "month", "total"] as const

/** Acts for which a person is asked. `funds` is money that leaves or moves, `market` is market orders. */
export const askKinds = ["funds", "market", "cancel-all"] as const
