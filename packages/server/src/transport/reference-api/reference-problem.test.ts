/** Tests of the errors of the reference API; ties numbers, statuses and documentation together. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ErrorCode, StoaError } from "@stoa/domain";
import { forms } from "../problem.ts";
import { problemAt, protocolProblemAt } from "../problem-at.ts";
import { lookupFailed, referenceProblemOf } from "./reference-problem.ts";

const never = () => assert.fail("this is no fault of ours");
const docs = readFileSync(new URL("../../../../../docs/errors.md", import.meta.url), "utf8");

const violations: Readonly<Record<string, ConstructorParameters<typeof StoaError>[2]>> = {
  "1402": { details: [{ path: "_id", rule: "unique", message: "is taken" }] },
  "1405": { details: [{ path: "", rule: "syntax", message: "must be JSON" }] },
  "1413": { details: [{ path: "type", rule: "required", message: "is required" }] },
};

/** Rows of the table: number, status, code. */
const rows = [...docs.matchAll(/^\| (\d{4}) \| [^|]* \| (\d{3}) \| (\w+) \|/gm)].map(
  ([, number = "", status = "", code = ""]) => ({ number, status, code: code as ErrorCode }),
);

test("every row of the documentation is what is answered", () => {
  assert.ok(rows.length >= 15);
  for (const { number, status, code } of rows) {
    const error = new StoaError(code, "words", violations[number]);
    const problem = referenceProblemOf(error, () => "incident-1");
    const { error_code, error_message } = JSON.parse(problem.text);
    assert.deepEqual([String(problem.status), String(error_code)], [status, number], code);
    assert.equal(error_message === "words", code !== "internal");
  }
});

test("every code has a row", () => {
  const documented = new Set(rows.map(({ code }) => code));
  assert.deepEqual([...documented].sort(), Object.keys(forms).sort());
});

test("details name the field, the first of several, and all of them", () => {
  const first = { path: "type", rule: "required", message: "is required" };
  const second = { path: "opts.x", rule: "additionalProperties", message: "is none" };
  const details = (...given: (typeof first)[]) =>
    JSON.parse(referenceProblemOf(new StoaError("validation", "", { details: given }), never).text)
      .error_details;
  const { path: field, ...rest } = first;
  assert.deepEqual(details(first), { field, ...rest });
  const all = details(first, second);
  assert.equal(all.field, "type");
  assert.deepEqual(
    all.violations.map((one: { field: string }) => one.field),
    ["type", "opts.x"],
  );
});

test("an error without details has no word of them", () => {
  const { text } = referenceProblemOf(new StoaError("not_found", "No."), never);
  assert.equal(text, '{"error_code":1404,"error_message":"No."}');
});

test("LOOKUP without a result is what the contract prints", () => {
  assert.equal(lookupFailed.status, 404);
  assert.equal(lookupFailed.text, '{"error_code":1404,"error_message":"Lookup failed"}');
});

test("a mistake of ours tells an incident and nothing else", () => {
  const { status, text } = referenceProblemOf(new Error("SQLITE /var/secret"), () => "incident-1");
  assert.equal(status, 500);
  assert.equal(JSON.parse(text).error_details.incident, "incident-1");
  assert.doesNotMatch(text, /SQLITE|secret/);
});

test("headers are those of the entity API", () => {
  const headers = (...given: ConstructorParameters<typeof StoaError>) =>
    referenceProblemOf(new StoaError(...given), never).headers;
  assert.equal(headers("unauthorized", "")["www-authenticate"], "Bearer");
  assert.equal(headers("method", "", { allow: ["GET"] })["allow"], "GET, HEAD, OPTIONS");
  assert.equal(headers("rate_limit", "", { retryAfterS: 60 })["retry-after"], "60");
});

test("the path decides the flavour, doubled slashes aside", () => {
  const isReference = (url: string | undefined) =>
    "error_code" in JSON.parse(problemAt(url, new StoaError("not_found", ""), never).text);
  for (const url of ["/rest/v1", "/rest/v1/", "//rest//v1/x", "/rest/v1?x=1", "/rest/v1/%zz"]) {
    assert.ok(isReference(url), url);
  }
  for (const url of [undefined, "", "/", "/rest/v10", "/api/v1/x", "/x/rest/v1", "*"]) {
    assert.ok(!isReference(url), url ?? "unknown");
  }
});

test("faults of the protocol have numbers too", () => {
  for (const [code, status, number] of [
    ["HPE_HEADER_OVERFLOW", 431, 1410],
    ["ERR_HTTP_REQUEST_TIMEOUT", 408, 1414],
    ["HPE_INVALID_METHOD", 400, 1405],
    ["OVERRIDE", 400, 1405],
    ["CONNECT", 405, 1403],
  ] as const) {
    const problem = protocolProblemAt("/rest/v1/x", code);
    assert.deepEqual([problem.status, JSON.parse(problem.text).error_code], [status, number]);
    assert.equal(JSON.parse(protocolProblemAt("/x", code).text).success, false);
  }
});
