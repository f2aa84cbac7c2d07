/**
 * The rows of `entity-api-lists.test.ts` over the calls of a socket: the same results.
 */
import assert from "node:assert/strict";
import { after } from "node:test";
import { socketTally } from "./api-table-socket.ts";

socketTally.isOn = true;
await import("./entity-api-lists.test.ts");

after(() => assert.ok(socketTally.answered >= 35, `${socketTally.answered} rows over a socket`));
