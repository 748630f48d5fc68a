/**
 * The meaning of a tool's error for the program that made the call, by what that program can do next:
 * - `usage`: the arguments are wrong, and nothing was sent.
 * - `refused`: nothing was done.
 * - `notPlaced`: it was sent, and was definitely not carried out.
 * - `unknown`: it, or an identical earlier call, was carried out or might have been. It must not be repeated unchecked.
 * - `duplicate`: it was not sent, since an identical earlier call was carried out.
 * - `waiting`: it waits for a person, and is sent once that person says yes.
 */
export type CallFailure = "usage" | "refused" | "notPlaced" | "unknown" | "duplicate" | "waiting"
