/**
 * The rows of `entity-api-lists.test.ts` over the calls of a socket: the same results.
 */
import { socketTally, tellTally } from "./api-table-socket.ts";

socketTally.isOn = true;
await import("./entity-api-lists.test.ts");
tellTally(50);
