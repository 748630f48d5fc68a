/** Counts what each caller has, so that none has more than a number of it. */
export interface Quota {
  readonly most: number
  /** Adds one. Returns false if the caller has the most already. */
  readonly take: (caller: string) => boolean
  readonly giveBack: (caller: string) => void
}

/** Makes a quota. It remembers only callers that have something. */
export const makeQuota = (most: number): Quota => {
  const taken = new Map<string, number>()
  return {
    most,
    take: (caller) => {
      const count = taken.get(caller) ?? 0
      if (count >= most) return false
      taken.set(caller, count + 1)
      return true
    },
    giveBack: (caller) => {
      const count = taken.get(caller) ?? 0
      if (count > 1) taken.set(caller, count - 1)
      else taken.delete(caller)
    }
  }
}
