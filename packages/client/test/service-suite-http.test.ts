/** The service suite through the client over HTTP, in front of a real server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceSuiteBehind } from "../../server/test/service-suite.ts";
import { wireDoor, wireTally } from "./wire-door.ts";

serviceSuiteBehind(wireDoor("http"));

test("all of it went over HTTP", () => {
  assert(wireTally.requests > 800, `${wireTally.requests} requests`);
});
