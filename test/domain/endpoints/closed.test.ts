import { describe, expectTypeOf, it } from "@effect/vitest"
import { Schema } from "effect"
import { page, write } from "../../../src/domain/endpoints/endpoint.ts"
import type { PrivateEndpoint, PublicEndpoint, WriteEndpoint } from "../../../src/domain/endpoints/endpoints.ts"
import { privateRoutes, publicRoutes } from "../../../src/exchange/commands/routes.ts"
import { procedures } from "../../../src/layers/kraken/writes/procedures.ts"

const rebate = {
  intent: "destroy",
  moves: "out",
  permissions: [["withdraw-funds"]],
  restCost: 1,
  engine: "none",
  priority: "write",
  idempotent: false,
  result: Schema.Boolean,
  see: page("rebate")
} as const

describe("a new endpoint that writes does not compile", () => {
  it("without what it costs, moves, needs, and where it was read", () => {
    write(rebate)
    const { engine, moves, permissions, restCost, see, ...rest } = rebate
    // @ts-expect-error: the REST cost is required
    write({ ...rest, engine, moves, permissions, see })
    // @ts-expect-error: the engine's cost is required
    write({ ...rest, moves, permissions, restCost, see })
    // @ts-expect-error: the kind of value that it moves is required
    write({ ...rest, engine, permissions, restCost, see })
    // @ts-expect-error: the permissions are required
    write({ ...rest, engine, moves, restCost, see })
    // @ts-expect-error: the page of Kraken's documentation is required
    write({ ...rest, engine, moves, permissions, restCost })
    expectTypeOf(write(rebate).intent).toEqualTypeOf<"destroy">()
  })

  it("without a way to settle it", () => {
    // @ts-expect-error: the new endpoint lacks a procedure
    const settled: Record<WriteEndpoint | "private/Rebate", unknown> = procedures()
    expectTypeOf(settled).toBeObject()
    expectTypeOf<keyof ReturnType<typeof procedures>>().toEqualTypeOf<WriteEndpoint>()
  })

  it("without an answer on paper", () => {
    // @ts-expect-error: the new endpoint lacks a route
    const answered: Record<PrivateEndpoint | "private/Rebate", unknown> = privateRoutes
    expectTypeOf(answered).toBeObject()
    expectTypeOf<keyof typeof privateRoutes>().toEqualTypeOf<PrivateEndpoint>()
    expectTypeOf<keyof typeof publicRoutes>().toEqualTypeOf<PublicEndpoint>()
  })
})
