/**
 * The rows of `entity-api-writing.test.ts` over the calls of a socket: the same results.
 */
import assert from "node:assert/strict";
import { after } from "node:test";
import { socketTally } from "./api-table-socket.ts";

socketTally.isOn = true;
await import("./entity-api-writing.test.ts");

after(() => assert.ok(socketTally.answered >= 9, `${socketTally.answered} rows over a socket`));
