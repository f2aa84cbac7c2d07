/** The entity API over HTTP: signing in, who one is, where requests come from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, password, type Row, startOfTime, testRows } from "./api-table.ts";

const world = await createWorld({
  corsOrigins: ["https://console.example.org"],
  metricsToken: "scrape",
});
const dayMs = 24 * 60 * 60 * 1000;
const auth = "/api/v1/auth";
const credentials = { login: "ada", password };

const signIn = (headers: Record<string, string> = {}) =>
  world.send({ method: "POST", url: auth, body: credentials, headers });
const sidOf = (answer: { headers: Readonly<Record<string, unknown>> }): string =>
  /^(sid=[^;]+)/.exec(String(answer.headers["set-cookie"]))?.[1] ?? assert.fail("no cookie");

const rows: readonly Row[] = [
  {
    name: "signing in answers the published words and a cookie for a day",
    method: "POST",
    url: auth,
    body: credentials,
    status: 200,
    text: '{"sucess":true,"success":true}',
    answers: {
      "set-cookie":
        /^sid=[\w-]{22,}; Path=\/; Expires=Mon, 02 Sep 2019 00:00:03 GMT; HttpOnly; SameSite=Lax$/,
      "cache-control": "no-store",
    },
  },
  {
    name: "a sign-in token is answered with its times",
    method: "POST",
    url: `${auth}/token`,
    body: credentials,
    status: 200,
    json: {
      sucess: true,
      success: true,
      type: "access",
      issuedAt: startOfTime + 3_000,
      expiresAt: startOfTime + 3_000 + dayMs,
    },
    answers: { "set-cookie": null },
  },
  {
    name: "a wrong password is unauthorized, and sets no cookie",
    method: "POST",
    url: auth,
    body: { login: "ada", password: "wrong horse" },
    status: 401,
    json: { success: false, code: "401", tags: ["error_unauthorized"] },
    answers: { "set-cookie": null },
    absent: ["wrong horse", "ada"],
  },
  { name: "signing in needs an object", method: "POST", url: auth, body: [], status: 400 },
  {
    name: "signing in needs texts",
    method: "POST",
    url: auth,
    body: { login: {}, password: 1 },
    status: 400,
  },
  {
    name: "a form cannot sign in",
    method: "POST",
    url: auth,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "login=ada",
    status: 415,
  },
  {
    name: "a token is made by POST alone",
    url: `${auth}/token`,
    status: 405,
    answers: { allow: "POST, OPTIONS" },
  },
  { name: "nobody is nobody", url: auth, status: 401 },
  {
    name: "the caller is told who it is",
    as: "ada",
    url: auth,
    status: 200,
    json: {
      success: true,
      user: { _id: "{ada}", login: "ada" },
      role: { name: "member" },
      groups: ["{north}"],
      expiresAt: startOfTime + 3_000 + dayMs - 3_000,
    },
    absent: ["password"],
  },
  {
    name: "the root shows nobody any store",
    url: "/api/v1/",
    status: 200,
    text: '{"success":true,"name":"Stoa","version":"1.2.3","stores":[]}',
  },
  {
    name: "the root shows a member its stores",
    as: "ada",
    url: "/api/v1",
    status: 200,
    json: { stores: ["cities"] },
    absent: ["users"],
  },
  {
    name: "the root shows somebody without rights no store",
    as: "nora",
    url: "/api/v1",
    status: 200,
    json: { stores: [] },
  },
  {
    name: "a bad token is refused even where none is needed",
    url: "/api/v1",
    headers: { authorization: "Bearer x" },
    status: 401,
  },
  { name: "health needs nobody", url: "/healthz", status: 200, text: '{"success":true}' },
  {
    name: "health is below the prefix too",
    url: "/api/v1/healthz/",
    status: 200,
    text: '{"success":true}',
  },
  {
    name: "health is no store",
    as: "admin",
    method: "POST",
    url: "/api/v1/healthz",
    body: {},
    status: 405,
    changes: 0,
  },
  {
    name: "names of the tenant are shown as a list",
    as: "nora",
    url: "/api/v1/principals?prefix=ri",
    status: 200,
    text: '[\n{"_id":"{rita}","kind":"user","name":"rita"}\n]\n',
  },
  {
    name: "names of another tenant are not",
    as: "ada",
    url: "/api/v1/principals",
    status: 200,
    json: [{ name: "ada" }],
    absent: ["bob", "south"],
  },
  {
    name: "too many names at once are refused",
    as: "ada",
    url: "/api/v1/principals?limit=1001",
    status: 400,
    json: { details: [{ path: "limit" }] },
  },
  { name: "metrics need their secret", url: "/metrics", status: 401 },
  { name: "metrics are for those who hold them", as: "ada", url: "/metrics", status: 403 },
  {
    name: "an administrator holds metrics",
    as: "admin",
    url: "/metrics",
    status: 200,
    answers: { "content-type": /^text\/plain/ },
  },
  {
    name: "the secret opens metrics",
    url: "/metrics",
    headers: { authorization: "Bearer scrape" },
    status: 200,
  },
  {
    name: "the secret of metrics opens nothing else",
    url: "/api/v1/cities",
    headers: { authorization: "Bearer scrape" },
    status: 401,
  },
];
testRows(world, rows);

test("a cookie and a bare token are as good as a bearer token", async () => {
  const cookie = sidOf(await signIn());
  const url = "/api/v1/cities?meta=count";
  const by = async (headers: Record<string, string>) => (await world.send({ url, headers })).status;
  const { token } = (await world.send({ method: "POST", url: `${auth}/token`, body: credentials }))
    .json;
  assert.equal(await by({ cookie: `a=b; ${cookie}; c=d` }), 200);
  assert.equal(await by({ authorization: token }), 200);
  assert.equal(await by({ authorization: `bearer ${token}` }), 200);
  assert.equal(await by({ authorization: `Basic ${token}` }), 401);
  assert.equal(await by({ cookie: "sid=x" }), 401);
  assert.equal(await by({ cookie: cookie.replace("sid=", "sid=x") }), 401);
  assert.equal((await world.send({ url: `${url}&accessToken=${token}` })).status, 401);
});

test("a bad token is refused, though there is a good cookie", async () => {
  const cookie = sidOf(await signIn());
  const headers = { cookie, authorization: "Bearer nobody" };
  assert.equal((await world.send({ url: auth, headers })).status, 401);
});

test("signing out ends the session and takes the cookie away", async () => {
  const cookie = sidOf(await signIn());
  const { status, headers } = await world.send({
    method: "DELETE",
    url: auth,
    headers: { cookie },
  });
  assert.equal(status, 200);
  assert.match(
    String(headers["set-cookie"]),
    /^sid=; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT/,
  );
  assert.equal((await world.send({ url: auth, headers: { cookie } })).status, 401);
});

test("a session is over after a day", async () => {
  const cookie = sidOf(await signIn());
  const now = world.clock;
  world.clock = now + dayMs - 1;
  assert.equal((await world.send({ url: auth, headers: { cookie } })).status, 200);
  world.clock = now + dayMs;
  const { status, json } = await world.send({ url: auth, headers: { cookie } });
  world.clock = now;
  assert.deepEqual([status, json.tags], [401, ["error_unauthorized"]]);
});

test("a change by cookie comes from the server's own pages or from configured ones", async () => {
  const cookie = sidOf(await signIn());
  const post = async (headers: Record<string, string>) =>
    (
      await world.send({
        method: "POST",
        url: "/api/v1/cities",
        body: {},
        headers: { cookie, ...headers },
      })
    ).status;
  const own = world.url;
  assert.equal(await post({}), 200);
  assert.equal(await post({ origin: own }), 200);
  assert.equal(await post({ origin: own, "sec-fetch-site": "same-origin" }), 200);
  assert.equal(
    await post({ origin: "https://console.example.org", "sec-fetch-site": "cross-site" }),
    200,
  );
  assert.equal(await post({ origin: "https://evil.example.org" }), 403);
  assert.equal(await post({ origin: "null" }), 403);
  assert.equal(await post({ origin: own.replace("http:", "https:") }), 403);
  assert.equal(await post({ "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await post({ "sec-fetch-site": "same-site" }), 403);
});

test("a change by token may come from anywhere, and so may reading by cookie", async () => {
  const origin = "https://evil.example.org";
  const { status } = await world.send({
    as: "ada",
    method: "POST",
    url: "/api/v1/cities",
    body: {},
    headers: { origin },
  });
  assert.equal(status, 200);
  const cookie = sidOf(await signIn());
  const read = await world.send({ url: auth, headers: { cookie, origin } });
  assert.equal(read.status, 200);
  assert.equal(read.headers["access-control-allow-origin"], undefined);
});

test("nobody signs in from another origin's page", async () => {
  assert.equal((await signIn({ origin: "https://evil.example.org" })).status, 403);
  assert.equal((await signIn({ "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await signIn({ origin: world.url })).status, 200);
});

test("configured origins may read answers, lists too, and are told before", async () => {
  const origin = "https://console.example.org";
  for (const url of [
    "/api/v1/cities",
    "/api/v1/cities?limit=1",
    "/api/v1/nothing/there",
    "/healthz",
  ]) {
    const { headers } = await world.send({ as: "ada", url, headers: { origin } });
    assert.equal(headers["access-control-allow-origin"], origin, url);
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.match(String(headers.vary), /Origin/);
  }
  const preflight = {
    origin,
    "access-control-request-method": "PATCH",
    "access-control-request-headers": "if-match",
  };
  const { status, headers } = await world.send({
    method: "OPTIONS",
    url: "/api/v1/cities/x",
    headers: preflight,
  });
  assert.equal(status, 200);
  assert.match(String(headers["access-control-allow-methods"]), /PATCH/);
  assert.equal(headers["access-control-allow-headers"], "if-match");
  const other = await world.send({
    method: "OPTIONS",
    url: "/api/v1/cities/x",
    headers: { ...preflight, origin: "https://evil.example.org" },
  });
  assert.equal(other.headers["access-control-allow-origin"], undefined);
});

test("five failures for a login are too many, and say when to come again", async () => {
  const fail = () =>
    world.send({ method: "POST", url: auth, body: { login: "rita", password: "wrong horse" } });
  for (let attempt = 0; attempt < 5; attempt++) assert.equal((await fail()).status, 401);
  const { status, headers, json } = await fail();
  assert.equal(status, 429);
  assert.deepEqual(json.tags, ["error_rate_limit"]);
  assert.match(String(headers["retry-after"]), /^[1-9]\d*$/);
});
