/**
 * Tests of how the programs that the tests need are found and installed, on a small machine where a
 * script named apt-get stands in for Debian's.
 */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { findChromium, findPostgres, installMissing } from "./system-program.ts";

const both = ["postgresql", "chromium"] as const;

describe("npm test on a machine of its own", () => {
  let root = "";
  let bin = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "stoa-machine-"));
    bin = join(root, "usr/bin");
    mkdirSync(bin, { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const machineOf = (isAdministrator: boolean) => ({ root, path: bin, isAdministrator });

  function addPostgres(major: string): string {
    const folder = join(root, "usr/lib/postgresql", major, "bin");
    mkdirSync(folder, { recursive: true });
    for (const name of ["initdb", "pg_ctl", "psql"]) writeFileSync(join(folder, name), "");
    return folder;
  }

  /** Tells what it was asked, whether Debian's own cluster was off, then does as told. */
  function addInstaller(body: string): void {
    const folders = "usr/lib/postgresql/15/bin";
    const text = `#!/bin/sh
      PATH=/usr/bin:/bin
      echo "$*" >> ${root}/calls
      cat ${root}/etc/postgresql-common/createcluster.d/*.conf >> ${root}/cluster
      install() {
        mkdir -p ${root}/${folders}
        for each in initdb pg_ctl psql; do echo > ${root}/${folders}/$each; done
        echo > ${bin}/chromium
      }
      ${body}\n`;
    writeFileSync(join(bin, "apt-get"), text, { mode: 0o755 });
  }

  const said = (name: string) => readFileSync(join(root, name), "utf8");

  test("finds the newest PostgreSQL, and none that is too old", () => {
    const machine = machineOf(false);
    addPostgres("9.6");
    addPostgres("14");
    assert.equal(findPostgres(machine), undefined);
    addPostgres("15");
    const newest = addPostgres("17");
    assert.equal(findPostgres(machine), newest);
  });

  test("finds PostgreSQL and a browser by the path of programs", () => {
    const machine = machineOf(false);
    assert.equal(findChromium(machine), undefined);
    for (const name of ["initdb", "pg_ctl", "psql", "google-chrome"]) {
      writeFileSync(join(bin, name), "");
    }
    assert.equal(findPostgres(machine), bin);
    assert.equal(findChromium(machine), join(bin, "google-chrome"));
  });

  test("installs all that is missing in one run where root runs on Debian", async () => {
    addInstaller('test "$1" = update || install');
    await installMissing(both, machineOf(true));
    assert.equal(
      said("calls"),
      "update -q\ninstall -y -q --no-install-recommends postgresql chromium\n",
    );
    assert.match(said("cluster"), /create_main_cluster = false/);
    const setting = join(root, "etc/postgresql-common/createcluster.d/stoa-tests.conf");
    assert.equal(existsSync(setting), false, "the machine's own settings are as they were");
    await installMissing(both, machineOf(true));
    assert.equal(said("calls").split("\n").length, 3, "and once");
  });

  test("installs only what is missing", async () => {
    addPostgres("16");
    addInstaller('test "$1" = update || install');
    await installMissing(both, machineOf(true));
    assert.match(said("calls"), /--no-install-recommends chromium\n$/);
  });

  test("fails in one line that says what is missing where it may not install", async () => {
    addInstaller("install");
    const machine = machineOf(false);
    await assert.rejects(installMissing(both, machine), {
      message:
        "PostgreSQL 15 or newer with its server and Chromium missing for the tests; " +
        "on Debian, as root: apt-get install postgresql chromium",
    });
    assert.equal(existsSync(join(root, "calls")), false);
    await assert.rejects(
      installMissing(["chromium"], { ...machineOf(true), path: join(root, "none") }),
      {
        message: /^Chromium missing for the tests; on Debian, as root: apt-get install chromium$/,
      },
    );
  });

  test("fails with what apt-get said last, and when it installed nothing", async () => {
    addInstaller('echo "E: no network" >&2; exit 100');
    await assert.rejects(installMissing(both, machineOf(true)), {
      message: "apt-get update ended with 100: E: no network",
    });
    addInstaller("exit 0");
    await assert.rejects(installMissing(["chromium"], machineOf(true)), {
      message: "Chromium missing after apt-get install chromium",
    });
  });
});
