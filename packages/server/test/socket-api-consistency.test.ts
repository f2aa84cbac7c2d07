/**
 * The rows of `entity-api-consistency.test.ts` over the calls of a socket: the same results.
 */
import { socketTally, tellTally } from "./api-table-socket.ts";

socketTally.isOn = true;
await import("./entity-api-consistency.test.ts");
tellTally(25);
