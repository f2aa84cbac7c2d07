/**
 * Bounds of HTTP itself, unit and bound in the name; those of entities stand in `domain/limit.ts`.
 */

/**
 * Request line and headers together; a `filter` of 8 KiB is three times as long percent-encoded.
 */
export const headBytesMax = 64 * 1024;
/** How long a request may take to arrive: its head, and all of it. */
export const headArrivalMsMax = 60_000;
export const requestArrivalMsMax = 300_000;
/** How long a connection may rest between requests. */
export const keepAliveMs = 72_000;
/** How long a drain waits for running requests before it cuts them. */
export const drainMsMax = 9_000;
/** Bytes that a list gathers before it begins to write; then of each further piece. */
export const listFirstBytesMin = 64 * 1024;
export const listChunkBytesMin = 512 * 1024;
