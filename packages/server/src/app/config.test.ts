/** Tests of the configuration: what may be set, what is refused, and that all is told at once. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError, helpText, parseConfig, readAction } from "./config.ts";

type Env = Record<string, string | undefined>;

function mistakesOf(args: readonly string[], env: Env = {}): readonly string[] {
  try {
    parseConfig(args, env);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.mistakes;
  }
  return [];
}

describe("without a word", () => {
  test("Stoa listens on this machine alone, at 8080, and keeps its data in ./data", () => {
    assert.deepEqual(parseConfig([], {}), {
      port: 8080,
      host: "127.0.0.1",
      data: "./data",
      queryMsMax: 10_000,
      adminLogin: "admin",
      trustedProxies: [],
      corsOrigins: [],
      workers: 1,
      workersMode: "auto",
      logLevel: "info",
      pings: { intervalMs: 25_000, timeoutMs: 60_000 },
      changeLog: { ageMsMax: 7 * 86_400_000, bytesMax: 4096 * 1024 * 1024 },
      sessionLifeMs: 86_400_000,
    });
  });

  test("nothing can be changed afterwards", () => {
    const config = parseConfig([], {});
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.corsOrigins));
  });
});

describe("a setting", () => {
  test("comes from the environment", () => {
    const config = parseConfig([], {
      STOA_PORT: "0",
      STOA_HOST: "::",
      STOA_DATA: "postgres://db/stoa",
      STOA_REPLICA: "postgres://standby/stoa",
      STOA_QUERY_TIMEOUT: "2000",
      STOA_ADMIN_LOGIN: "root",
      STOA_ADMIN_PASSWORD: "long enough",
      STOA_TRUST_PROXY: "10.0.0.0/8, ::1",
      STOA_CORS: "https://app.example.org,http://localhost:5173",
      STOA_METRICS_TOKEN: "m3trics",
      STOA_WORKERS: "4",
      STOA_WORKERS_MODE: "all",
      STOA_LOG: "debug",
      STOA_LOG_DAYS: "30",
      STOA_LOG_SIZE: "100",
      STOA_PING_INTERVAL: "5000",
      STOA_PING_TIMEOUT: "10000",
    });
    assert.deepEqual(config, {
      port: 0,
      host: "::",
      data: "postgres://db/stoa",
      replica: "postgres://standby/stoa",
      queryMsMax: 2_000,
      adminLogin: "root",
      adminPassword: "long enough",
      trustedProxies: ["10.0.0.0/8", "::1"],
      corsOrigins: ["https://app.example.org", "http://localhost:5173"],
      metricsToken: "m3trics",
      workers: 4,
      workersMode: "all",
      logLevel: "debug",
      pings: { intervalMs: 5_000, timeoutMs: 10_000 },
      changeLog: { ageMsMax: 30 * 86_400_000, bytesMax: 100 * 1024 * 1024 },
      sessionLifeMs: 86_400_000,
    });
  });

  test("may stand after its flag or after an equals sign", () => {
    assert.equal(parseConfig(["--port", "1"], {}).port, 1);
    assert.equal(parseConfig(["--port=1"], {}).port, 1);
    assert.equal(parseConfig(["--data=a=b"], {}).data, "a=b");
  });

  test("of a flag wins over its variable, a bad one included", () => {
    assert.equal(parseConfig(["--port", "1"], { STOA_PORT: "tcp://10.0.0.1:80" }).port, 1);
    assert.deepEqual(mistakesOf(["--port", "x"], { STOA_PORT: "1" }).length, 1);
  });

  test("that is empty in the environment counts as absent", () => {
    const config = parseConfig([], { STOA_PORT: "", STOA_ADMIN_PASSWORD: "", STOA_CORS: " , " });
    assert.deepEqual(config, parseConfig([], {}));
  });
});

const accepted: [string, string][] = [
  ["--port", "65535"],
  ["--host", "0.0.0.0"],
  ["--host", "fe80::1"],
  ["--host", "stoa.example.org"],
  ["--data", "C:\\stoa"],
  ["--query-timeout", "100"],
  ["--query-timeout", "600000"],
  ["--trust-proxy", "192.168.1.1"],
  ["--trust-proxy", "fd00::/8"],
  ["--cors", "https://a.example:8443"],
  ["--workers", "1"],
  ["--workers", "64"],
  ["--workers-mode", "auto"],
  ["--log", "silent"],
  ["--log-days", "1"],
  ["--log-size", "1"],
  ["--ping-interval", "100"],
  ["--ping-timeout", "600000"],
];
const refused: [string, string, RegExp][] = [
  ["--port", "65536", /no port/],
  ["--port", "-1", /no port/],
  ["--port", "1.5", /no port/],
  ["--port", "0x50", /no port/],
  ["--host", "a b", /neither an address nor a host name/],
  ["--host", "127.0.0.1:80", /neither an address nor a host name/],
  ["--data", "mysql://user:secret@db/stoa", /no mysql: here; .* directory/],
  ["--data", "postgres://user:secret@db:x/stoa", /is no URL/],
  ["--data", "postgres://user:secret@db/stoa?schema=a-b", /schema= takes a name/],
  ["--data", "postgres://user:secret@db/stoa?sslmode=maybe", /sslmode= takes one of/],
  ["--replica", "/srv/stoa", /URL of a standby/],
  ["--replica", "postgres://user:secret@db:x/stoa", /is no URL/],
  ["--replica", "postgres://db/stoa?schema=stoa", /schema= stands in --data/],
  ["--query-timeout", "99", /from 100 to 600000/],
  ["--query-timeout", "10s", /is no time/],
  ["--data", "mysql://db", /no mysql: here; .* directory/],
  ["--trust-proxy", "10.0.0.0/33", /neither an address nor a block/],
  ["--trust-proxy", "fd00::/129", /neither an address nor a block/],
  ["--trust-proxy", "10.0.0.0/8/8", /neither an address nor a block/],
  ["--trust-proxy", "true", /neither an address nor a block/],
  ["--cors", "*", /name the origins/],
  ["--cors", "null", /no origin/],
  ["--cors", "https://a.example/", /no origin/],
  ["--cors", "https://A.example", /no origin/],
  ["--cors", "file:///a", /no origin/],
  ["--log-days", "0", /no number of days/],
  ["--log-days", "1.5", /no number of days/],
  ["--log-size", "0", /no size/],
  ["--ping-interval", "99", /no time/],
  ["--ping-timeout", "600001", /no time/],
  ["--workers", "0", /1 to 64/],
  ["--workers", "65", /1 to 64/],
  ["--workers", "-2", /1 to 64/],
  ["--workers", "two", /1 to 64/],
  ["--workers-mode", "some", /auto or all/],
  ["--log", "loud", /one of silent, error, warn, info, debug/],
];

describe("a value", () => {
  for (const [flag, value] of accepted) {
    test(`is accepted: ${flag} ${value}`, () => assert.deepEqual(mistakesOf([flag, value]), []));
  }
  for (const [flag, value, reason] of refused) {
    test(`is refused: ${flag} ${value}`, () => {
      const [mistake = "", ...rest] = mistakesOf([flag, value]);
      assert.match(mistake, reason);
      assert.ok(mistake.startsWith(`${flag}: `), mistake);
      assert.deepEqual(rest, []);
    });
  }

  test("that is secret is never repeated", () => {
    const env = { STOA_ADMIN_PASSWORD: "hunter2", STOA_METRICS_TOKEN: "hunter 2" };
    const said = mistakesOf(["--data", "postgres://user:hunter2@db:x/stoa"], env);
    assert.equal(said.length, 3);
    assert.doesNotMatch(said.join(), /hunter/);
  });

  test("that is a password has 8 to 1000 characters", () => {
    const isRefused = (password: string) =>
      mistakesOf([], { STOA_ADMIN_PASSWORD: password }).length;
    assert.deepEqual(
      [7, 8, 1000, 1001].map((length) => isRefused("é".repeat(length))),
      [1, 0, 0, 1],
    );
  });

  test("that is a login has at most 200 characters and no space around it", () => {
    const isRefused = (login: string) => mistakesOf([], { STOA_ADMIN_LOGIN: login }).length;
    const logins = ["a".repeat(200), "a".repeat(201), " a", "a\n", "ann lee"];
    assert.deepEqual(logins.map(isRefused), [0, 1, 1, 1, 0]);
  });
});

test("several processes cannot share what one keeps in memory", () => {
  assert.equal(mistakesOf(["--workers", "2", "--data", "memory"]).length, 1);
  assert.deepEqual(mistakesOf(["--workers", "1", "--data", "memory"]), []);
});

test("only a database has a replica", () => {
  const replica = "postgres://user:hunter2@standby/stoa";
  const config = parseConfig(["--data", "postgres://db/stoa", "--replica", replica], {});
  assert.equal(config.replica, replica);
  const [mistake = "", ...rest] = mistakesOf([], { STOA_REPLICA: replica });
  assert.match(mistake, /^--replica: only a PostgreSQL database/);
  assert.doesNotMatch(mistake, /hunter/);
  assert.deepEqual(rest, []);
});

describe("a word", () => {
  const unknown: [args: string[], mistake: string][] = [
    [["--prot", "1"], "--prot: no such flag; did you mean --port?"],
    [["--frobnicate"], "--frobnicate: no such flag, see --help"],
    [["--port"], "--port: a value is missing"],
    [["--port="], "--port: a value is missing"],
    [["--port", "--log", "warn"], "--port: a value is missing"],
    [["--port=1", "--port=2"], "--port: given twice"],
    [["serve"], '"serve": no word may stand here alone'],
    [["--__proto__=1"], "--__proto__: no such flag, see --help"],
  ];
  for (const [args, mistake] of unknown) {
    test(`is refused: ${args.join(" ")}`, () => assert.deepEqual(mistakesOf(args), [mistake]));
  }

  test("that gives a password away is sent to the environment", () => {
    const [mistake = ""] = mistakesOf(["--admin-password", "long enough"]);
    assert.match(mistake, /set STOA_ADMIN_PASSWORD in the environment/);
    assert.doesNotMatch(mistake, /long enough/);
  });

  test("asks for help or for the version, whatever stands beside it", () => {
    assert.equal(readAction(["--prot", "--version"]), "version");
    assert.equal(readAction(["--version", "--help"]), "help");
    assert.equal(readAction(["--port", "1"]), "serve");
    assert.match(helpText, /--trust-proxy/);
  });
});

test("all mistakes are told at once", () => {
  const env = { STOA_ADMIN_PASSWORD: "short", STOA_CORS: "*,a.example" };
  const said = mistakesOf(["--prot", "1", "--log", "loud"], env);
  assert.equal(said.length, 5, said.join("\n"));
});

test("no words whatever end in anything but a config or its mistakes", () => {
  const word = fc.oneof(fc.string(), fc.constantFrom("--port", "--cors", "--data=", "--log"));
  fc.assert(fc.property(fc.array(word), (args) => mistakesOf(args).length >= 0));
});
