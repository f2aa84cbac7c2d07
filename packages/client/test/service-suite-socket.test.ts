/** The service suite through the client over a socket, in front of a real server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceSuiteBehind } from "../../server/test/service-suite.ts";
import { wireDoor, wireTally } from "./wire-door.ts";

serviceSuiteBehind(wireDoor("socket"));

test("only what is no call of the socket went over HTTP", () => {
  assert(wireTally.requests < 60, `${wireTally.requests} requests`);
});
