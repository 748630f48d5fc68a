/** Numbers the messages of each private channel of one connection by themselves. */
export interface Sequences {
  /** Returns the number of a message in its channel. A gap in it means that messages are missing. */
  readonly own: (channel: string, isSnapshot: boolean, sequence: number | undefined) => number | undefined
  /** Begins anew, as each connection does. */
  readonly reconnect: () => void
}

/** Numbers that are remembered of other channels. */
const remembered = 1000

/**
 * Makes the numbers of a connection. Kraken calls `sequence` "the subscription message sequence number" and does not say
 * whether the subscriptions of one connection share a counter. Both readings are understood: a number that another channel
 * had is no gap, unless two channels ever had the same one. In doubt it is a gap, which only leads to a comparison with
 * REST.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/executions read 2026-11-29
 */
export const makeSequences = (): Sequences => {
  /** The channels of the latest numbers. */
  let channels = new Map<number, string>()
  /** The last number of each channel, and how many of other channels came before it. */
  let counts = new Map<string, { readonly last: number; readonly others: number }>()
  let isShared = true
  return {
    own: (channel, isSnapshot, sequence) => {
      if (sequence === undefined) return undefined
      const other = channels.get(sequence)
      if (other !== undefined && other !== channel) isShared = false
      channels.set(sequence, channel)
      for (const oldest of channels.keys()) {
        if (channels.size <= remembered) break
        channels.delete(oldest)
      }
      const before = isSnapshot ? undefined : counts.get(channel)
      const { last, others } = before ?? { last: sequence, others: 0 }
      let skipped = 0
      if (isShared && sequence - last <= remembered) {
        for (let n = last + 1; n < sequence; n++) {
          const found = channels.get(n)
          if (found !== undefined && found !== channel) skipped++
        }
      }
      if (sequence > last || before === undefined) counts.set(channel, { last: sequence, others: others + skipped })
      return sequence - others - skipped
    },
    reconnect: () => {
      channels = new Map()
      counts = new Map()
      isShared = true
    }
  }
}
