declare const __VERSION__: string | undefined

/** The released version, as the build wrote it here; sources that run unbuilt have none. */
export const version = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0-dev"
