/**
 * The rows of `entity-api-account.test.ts` over the calls of a socket: the same results.
 */
import { socketTally, tellTally } from "./api-table-socket.ts";

socketTally.isOn = true;
await import("./entity-api-account.test.ts");
tellTally(3);
