import { Effect, Layer } from "effect"
import { KrakenWriteRefused } from "../services/KrakenErrors.ts"
import { KrakenWriter } from "../services/KrakenWriter.ts"

/** A gate before the writer, for a process that ends: it can be closed, and it knows if a write has begun. */
export interface WriteGate {
  readonly layer: Layer.Layer<KrakenWriter, never, KrakenWriter>
  readonly hasBegun: () => boolean
  /** Refuses later writes. A write that has begun goes on. */
  readonly close: () => void
}

/** Makes an open gate. */
export const makeWriteGate = (): WriteGate => {
  let isClosed = false
  let hasBegun = false
  return {
    hasBegun: () => hasBegun,
    close: () => {
      isClosed = true
    },
    layer: Layer.effect(
      KrakenWriter,
      Effect.map(KrakenWriter, (writer) =>
        KrakenWriter.of({
          ...writer,
          send: (endpoint, ...write) =>
            Effect.suspend(() => {
              if (isClosed) return new KrakenWriteRefused({ endpoint, reason: "this program was told to end." })
              hasBegun = true
              return writer.send(endpoint, ...write)
            })
        })
      )
    )
  }
}
