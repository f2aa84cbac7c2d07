/** The client as a package: compiled, below `node_modules`, where Node strips no types. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startStoa } from "../packages/server/src/app/wire.ts";
import { root } from "./source-files.ts";

const run = promisify(execFile);
const password = "correct horse";

/** As somebody else's program would be. */
const program = `
import { StoaClient } from "@stoa/client";
const client = new StoaClient({ url: process.env.STOA_URL });
await client.account.signIn({ login: "admin", password: "${password}" });
await client.stores.create({ name: "cities" });
const cities = client.store("cities");
const live = cities.live();
await live.ready;
await cities.create({ name: "Delft" });
for await (const { entities } of live) if (entities.length > 0) break;
console.log(JSON.stringify(live.entities.map(({ name }) => name)));
`;

test("the compiled client runs from node_modules, and lets its program end", async () => {
  const { stdout } = await run(process.execPath, [join(root, "scripts/build-client.ts")]);
  assert.match(stdout, /^in a page: [\d.]+ kB, [\d.]+ kB gzipped$/m);
  const folder = await mkdtemp(join(tmpdir(), "stoa-package-"));
  const address = { host: "127.0.0.1", port: 0, data: "memory" };
  const stoa = await startStoa({ ...address, adminLogin: "admin", adminPassword: password });
  try {
    const modules = join(folder, "node_modules");
    await mkdir(join(modules, "@stoa"), { recursive: true });
    for (const name of ["domain", "client"]) {
      const dist = join(root, "packages", name, "dist");
      await cp(dist, join(modules, "@stoa", name), { recursive: true });
    }
    const socket = join("node_modules", "socket.io-client");
    await symlink(join(root, socket), join(folder, socket));
    await writeFile(join(folder, "program.mjs"), program);
    const env = { ...process.env, STOA_URL: stoa.url };
    const ran = await run(process.execPath, ["program.mjs"], {
      cwd: folder,
      env,
      timeout: 120_000,
    });
    assert.equal(ran.stdout, '["Delft"]\n');
  } finally {
    await stoa.close();
    await rm(folder, { recursive: true });
  }
});
