/** Tests of the one form of errors; ties codes, statuses and documentation to each other. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ErrorCode, StoaError } from "@stoa/domain";
import { allowHeader, forms, problemOf, protocolProblem, rawProblem } from "./problem.ts";

const root = new URL("../../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const never = () => assert.fail("this is no fault of ours");

/** The codes as `error.ts` lists them. */
function codesInSource(): string[] {
  const union = /export type ErrorCode =([^;]*);/.exec(
    read("packages/domain/src/error.ts").replaceAll(/\/\/.*$/gm, ""),
  );
  return [...(union?.[1] ?? "").matchAll(/"(\w+)"/g)].map((found) => found[1] as string);
}

/** Rows of the table in `docs/errors.md`: code, status, tags. */
function rowsInDocs(): string[][] {
  return [...read("docs/errors.md").matchAll(/^\| `(\w+)` \| (\d+) \| ([^|]*) \|/gm)].map((row) => [
    row[1] as string,
    row[2] as string,
    ...(row[3] as string).matchAll(/`(\w+)`/g).map((tag) => tag[1] as string),
  ]);
}

test("every code has a status and tags, and a row in the documentation that says the same", () => {
  const codes = codesInSource();
  assert.ok(codes.length >= 13);
  assert.deepEqual(Object.keys(forms).sort(), codes.toSorted());
  const documented = rowsInDocs();
  assert.deepEqual(documented.map((row) => row[0]).sort(), codes.toSorted());
  for (const [code, status, ...tags] of documented) {
    const form = forms[code as ErrorCode];
    assert.equal(String(form.status), status);
    assert.deepEqual(tags, form.tags);
  }
});

test("every tag is spelt error_something, and no two codes share their first tag", () => {
  const first = Object.values(forms).map(({ tags }) => tags[0]);
  assert.equal(new Set(first).size, first.length);
  for (const tag of first) assert.match(tag ?? "", /^error_[a-z_]+$/);
});

test("a refusal has the members of the published contract, and its own words in helper", () => {
  const { status, headers, text } = problemOf(new StoaError("unauthorized", "Sign in."), never);
  assert.equal(status, 401);
  assert.equal(headers["www-authenticate"], "Bearer");
  assert.deepEqual(JSON.parse(text), {
    success: false,
    code: "401",
    message: "Unauthorized",
    tags: ["error_unauthorized"],
    codes: ["error_unauthorized"],
    name: "StoaError",
    helper: { message: "Sign in." },
  });
});

test("403 has the two tags of the published contract in their order", () => {
  const { text } = problemOf(new StoaError("forbidden", "No."), never);
  assert.deepEqual(JSON.parse(text).tags, ["error_credentials", "error_forbidden"]);
});

test("404 names the store second, where one is known and is a name", () => {
  const tags = (store?: string) =>
    JSON.parse(problemOf(new StoaError("not_found", "No.", store ? { store } : {}), never).text)
      .tags;
  assert.deepEqual(tags("cities"), ["error_not_found", "error_cities"]);
  assert.deepEqual(tags(), ["error_not_found"]);
  assert.deepEqual(tags("<script>"), ["error_not_found"]);
});

test("violations are listed as they are", () => {
  const details = [{ path: "lat", rule: "type", message: "must be number" }];
  const { text } = problemOf(
    new StoaError("validation", "lat: must be number", { details }),
    never,
  );
  assert.deepEqual(JSON.parse(text).details, details);
});

test("405 says what there is, and 429 and 503 when to come again", () => {
  const headers = (...given: ConstructorParameters<typeof StoaError>) =>
    problemOf(new StoaError(...given), never).headers;
  assert.equal(headers("method", "", { allow: ["GET", "POST"] }).allow, "GET, POST, HEAD, OPTIONS");
  assert.equal(headers("rate_limit", "", { retryAfterS: 60 })["retry-after"], "60");
  assert.equal(headers("unavailable", "")["retry-after"], "1");
  assert.equal(headers("unavailable", "", { retryAfterS: 5 })["retry-after"], "5");
  assert.deepEqual(headers("conflict", ""), {});
  assert.equal(allowHeader(["POST"]), "POST, OPTIONS");
});

test("a mistake of ours tells the client an incident and nothing else", () => {
  for (const cause of [
    new Error("SQLITE_CORRUPT /var/secret"),
    new StoaError("internal", "x y z"),
    7,
  ]) {
    let told: unknown;
    const { status, text } = problemOf(cause, (what) => {
      told = what;
      return "incident-1";
    });
    assert.equal(told, cause);
    assert.equal(status, 500);
    assert.equal(JSON.parse(text).incident, "incident-1");
    assert.doesNotMatch(text, /SQLITE|secret|x y z|stack|\.ts/);
  }
});

test("what is no request is answered with a whole answer in the same form", () => {
  for (const [code, status] of [
    ["HPE_HEADER_OVERFLOW", 431],
    ["ERR_HTTP_REQUEST_TIMEOUT", 408],
    ["UPGRADE", 426],
    ["HPE_INVALID_METHOD", 400],
    [undefined, 400],
  ] as const) {
    const problem = protocolProblem(code);
    assert.equal(problem.status, status);
    const [head = "", body = ""] = rawProblem(problem).split("\r\n\r\n");
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} [A-Z]`));
    assert.match(head, new RegExp(`\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`));
    assert.equal(JSON.parse(body).success, false);
  }
});
