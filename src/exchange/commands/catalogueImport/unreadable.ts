/** Reason why a row of Kraken's lists can't be used. Completes "… can't be traded on paper: ". */
export class Unreadable {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}
