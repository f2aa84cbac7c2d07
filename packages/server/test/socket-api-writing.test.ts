/**
 * The rows of `entity-api-writing.test.ts` over the calls of a socket: the same results.
 */
import { socketTally, tellTally } from "./api-table-socket.ts";

socketTally.isOn = true;
await import("./entity-api-writing.test.ts");
tellTally(22);
