import process from "node:process"

const setting = (name: string, fallback: number): number => Number(process.env[name] ?? fallback)

/** Seconds of each measurement; the best of some rounds counts, as other work only makes it slower. */
export const length = { seconds: setting("BENCH_SECONDS", 1) }
export const rounds = setting("BENCH_ROUNDS", 3)

/** Calls before the measurements of a server: after too few, it is the compiler that is measured. */
export const warmup = setting("BENCH_WARMUP", 5000)

/** Calls of the measurement of memory. */
export const calls = setting("BENCH_CALLS", 100_000)

/** Tokens of the larger token database. */
export const manyTokens = setting("BENCH_TOKENS", 100_000)

/** Starts of each program; their median counts. */
export const starts = setting("BENCH_STARTS", 9)

/** Numbers of the tables to make, such as BENCH_ONLY=1,4; all without it. */
const only = process.env["BENCH_ONLY"]?.split(",")
export const wanted = (table: number): boolean => only === undefined || only.includes(String(table))
