import { endpoints, type Moves } from "../../../domain/endpoints/endpoints.ts"

/** Lists the names of the endpoints that move one kind of value, as the contents of SQL's `IN (…)`. */
export const namesThatMove = (kind: Moves): string =>
  Object.entries(endpoints)
    .flatMap(([name, { moves }]) => (moves === kind ? [`'${name}'`] : []))
    .join(", ")
