import type { OrderFields } from "./writeFields.ts"

/** Checks that an order needs a margin position. */
export const isMargin = ({ leverage }: { readonly leverage?: string | undefined }): boolean =>
  leverage !== undefined && leverage !== "none"

/** Checks that an order can only reduce a margin position. */
export const reducesPosition = (terms: Pick<OrderFields, "leverage" | "ordertype" | "reduce_only">): boolean =>
  isMargin(terms) && (terms.reduce_only === true || terms.ordertype === "settle-position")
