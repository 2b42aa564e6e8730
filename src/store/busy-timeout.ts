/** Milliseconds that a call waits for another process's transaction. */
export const BUSY_TIMEOUT = 10_000;
