/**
 * Tests of `scripts/setup.mjs` in a small tree of its own, where a script named npm stands in for
 * the one that would need a registry.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { root } from "./source-files.ts";

/** Says what it was asked, then installs the Node that runs this test. */
const installing = `
  mkdir -p node_modules/.bin
  ln -sf "${process.execPath}" node_modules/.bin/node`;
const lacking = `
  test "$1" = install || { echo "npm error code EUSAGE" >&2; exit 1; }`;

interface Outcome {
  readonly status: number | null;
  readonly said: string;
  readonly told: string;
}

describe("npm start and npm test", () => {
  let tree = "";

  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), "stoa-setup-"));
    for (const path of ["scripts", "bin", "packages/domain"]) {
      mkdirSync(join(tree, path), { recursive: true });
    }
    cpSync(join(root, "scripts/setup.mjs"), join(tree, "scripts/setup.mjs"));
    for (const path of ["package.json", "package-lock.json", "packages/domain/package.json"]) {
      writeFileSync(join(tree, path), "{}");
    }
    writeNpm(installing);
  });
  afterEach(() => rmSync(tree, { recursive: true, force: true }));

  function writeNpm(body: string): void {
    const text = `#!/bin/sh\necho "$1" >> calls\nsleep 0.1\n${body}\n`;
    writeFileSync(join(tree, "bin/npm"), text, { mode: 0o755 });
  }

  function npmCalls(): string[] {
    return readFileSync(join(tree, "calls"), "utf8").trim().split("\n");
  }

  /** @param hear is told what comes on stderr. */
  function setUp(hear: (text: string) => void = () => {}): Promise<Outcome> {
    const path = [join(tree, "bin"), process.env["PATH"]].join(delimiter);
    const options = { env: { ...process.env, PATH: path } };
    const child = spawn(process.execPath, [join(tree, "scripts/setup.mjs")], options);
    let said = "";
    let told = "";
    child.stdout.on("data", (text) => {
      said += text;
    });
    child.stderr.on("data", (text) => {
      told += text;
      hear(told);
    });
    return new Promise((resolve) => {
      child.on("close", (status) => resolve({ status, said, told }));
    });
  }

  test("install once, and say nothing but the Node to use on stdout", async () => {
    const node = `${join(tree, "node_modules/.bin/node")}\n`;
    const first = await setUp();
    assert.deepEqual([first.status, first.said], [0, node], first.told);
    assert.match(first.told, /installing packages, once/);
    assert.deepEqual(await setUp(), { status: 0, said: node, told: "" });
    assert.deepEqual(npmCalls(), ["ci"]);
  });

  test("bring the packages up to date when a manifest changed", async () => {
    await setUp();
    writeFileSync(join(tree, "packages/domain/package.json"), '{"version":"2.0.0"}');
    assert.equal((await setUp()).status, 0);
    assert.equal((await setUp()).told, "");
    assert.deepEqual(npmCalls(), ["ci", "install"]);
  });

  test("begin anew after an install that was interrupted", async () => {
    writeNpm(`${installing}\nkill -9 $$`);
    assert.equal((await setUp()).status, 1);
    writeNpm(installing);
    assert.equal((await setUp()).status, 0);
    assert.deepEqual(npmCalls(), ["ci", "ci"]);
  });

  test("install once when two start at the same time", async () => {
    // The one that installs takes until the other one has seen it.
    writeNpm(`while ! test -e seen; do sleep 0.05; done\n${installing}`);
    const hear = (told: string) => {
      if (told.includes("another process installs")) writeFileSync(join(tree, "seen"), "");
    };
    const [one, other] = await Promise.all([setUp(hear), setUp(hear)]);
    assert.deepEqual([one.status, other.status, one.said], [0, 0, other.said]);
    assert.match(one.told + other.told, /another process installs/);
    assert.deepEqual(npmCalls(), ["ci"]);
  });

  test("do without a lock, and with one that lacks something", async () => {
    writeNpm(lacking + installing);
    assert.equal((await setUp()).status, 0);
    rmSync(join(tree, "node_modules"), { recursive: true });
    rmSync(join(tree, "package-lock.json"));
    assert.equal((await setUp()).status, 0);
    assert.deepEqual(npmCalls(), ["ci", "install", "install"]);
  });

  test("say in one line that the registry cannot be reached", async () => {
    writeNpm('echo "npm error code ENOTFOUND\nnpm error network" >&2; exit 1');
    const { status, said, told } = await setUp();
    assert.deepEqual([status, said], [1, ""]);
    assert.match(told, /^stoa: installing.*\nstoa: npm cannot reach .* \(ENOTFOUND\).*\n$/);
  });

  test("repeat what npm said when it failed for another reason", async () => {
    writeNpm('echo "npm error code ENOSPC" >&2; exit 28');
    const { status, told } = await setUp();
    assert.equal(status, 1);
    assert.match(told, /npm ci ended with 28\nnpm error code ENOSPC\n$/);
  });
});
