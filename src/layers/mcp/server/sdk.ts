import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { Effect } from "effect"
import type { About } from "../protocol/serverDefinition.ts"
import { outputValidator } from "./outputValidator.ts"
import { SdkTransport } from "./sdkTransport.ts"

/** Makes the server of the SDK, and returns the transport on which it answers requests until the scope ends. */
export const makeSdk = Effect.fnUntraced(function* ({ capabilities, instructions, serverInfo }: About) {
  const transport = new SdkTransport()
  // Without a shared validator, the SDK builds one for each server.
  const server = new Server(serverInfo, { capabilities, instructions, jsonSchemaValidator: outputValidator })
  // The SDK does not answer a message that it does not recognise as a request.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way to report it
  server.onerror = () => transport.refuse()
  yield* Effect.acquireRelease(
    Effect.promise(() => server.connect(transport)),
    () => Effect.promise(() => server.close())
  )
  return transport
})
