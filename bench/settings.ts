import process from "node:process"

const setting = (name: string, fallback: number): number => Number(process.env[name] ?? fallback)

/** Seconds of each measurement, after a warm-up; the best of some rounds counts, as other work only makes it slower. */
export const length = { warmup: setting("BENCH_WARMUP", 0.7), seconds: setting("BENCH_SECONDS", 1) }
export const rounds = setting("BENCH_ROUNDS", 1)

/** Calls of the measurement of memory. */
export const calls = setting("BENCH_CALLS", 100_000)

/** Tokens of the larger token database. */
export const manyTokens = setting("BENCH_TOKENS", 100_000)

/** Starts of each program; their median counts. */
export const starts = setting("BENCH_STARTS", 9)

/** Numbers of the tables to make, such as BENCH_ONLY=1,4; all without it. */
const only = process.env["BENCH_ONLY"]?.split(",")
export const wanted = (table: number): boolean => only === undefined || only.includes(String(table))
