import process from "node:process"

const setting = (name: string, fallback: number): number => Number(process.env[name] ?? fallback)

/** Seconds of each measurement. The best of several rounds counts, since other load only makes a round slower. */
export const length = { seconds: setting("BENCH_SECONDS", 1) }
export const rounds = setting("BENCH_ROUNDS", 3)

/** Rounds of the comparison of processor times. */
export const costRounds = setting("BENCH_COST_ROUNDS", 5)

/** Calls before a server is measured. With too few, the compiler is measured. */
export const warmup = setting("BENCH_WARMUP", 5000)

/** Calls after which the memory is measured. */
export const memoryCalls = (process.env["BENCH_CALLS"] ?? "20000,100000").split(",").map(Number)

/** Tokens of the larger token database. */
export const manyTokens = setting("BENCH_TOKENS", 100_000)

/** Rows of the record, and writes that are measured on top of them. */
export const recordedRows = setting("BENCH_ROWS", 1_000_000)
export const recordedWrites = setting("BENCH_WRITES", 2000)

/** Runs of the emergency stop. */
export const panics = setting("BENCH_PANICS", 50)

/** Reads of which the checks are measured. */
export const authorizations = setting("BENCH_READS", 100_000)

/** Orders of a round of the measurement of limits, its rounds, and those before it that warm the compiler. */
export const limitedWrites = setting("BENCH_LIMITED_WRITES", 200)
export const limitedRounds = setting("BENCH_LIMITED_ROUNDS", 9)
export const limitedWarmUps = setting("BENCH_LIMITED_WARMUPS", 6)

/** Calls of a round that compares databases. */
export const databaseCalls = setting("BENCH_DATABASE_CALLS", 200)

/** Commands that the paper accounts of the growth measurement have had. */
export const paperCommands = (process.env["BENCH_COMMANDS"] ?? "10,10000,1000000").split(",").map(Number)

/** Seconds of a session that looks at live data. */
export const liveSeconds = setting("BENCH_LIVE_SECONDS", 60)

/** Starts of each program, of which the median counts. */
export const starts = setting("BENCH_STARTS", 9)

/** Numbers of the tables to make, such as BENCH_ONLY=1,4. Without it, all tables are made. */
const only = process.env["BENCH_ONLY"]?.split(",")
export const wanted = (table: number): boolean => only === undefined || only.includes(String(table))
