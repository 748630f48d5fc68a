import { setImmediate } from "node:timers/promises"
import { afterEach } from "vitest"

// Many tests never wait for I/O. A minute of them in a row would keep the runner's messages from being read, which it takes
// for a failure of the run.
afterEach(() => setImmediate())
