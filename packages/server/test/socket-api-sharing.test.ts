/**
 * The rows of `entity-api-sharing.test.ts` over the calls of a socket: the same results.
 */
import { socketTally, tellTally } from "./api-table-socket.ts";

socketTally.isOn = true;
await import("./entity-api-sharing.test.ts");
tellTally(7);
