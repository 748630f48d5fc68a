/** The process that asks, and both of its clocks. Times are milliseconds. */
export interface Now {
  /** A name for the process, made when it starts. */
  readonly process: string
  readonly wall: number
  readonly monotonic: number
}
