/**
 * The store of the reference API comes with the first start, and with the next one of a database
 * that has never had it; what an administrator has removed stays away.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Caller, storeDefinition } from "@stoa/domain";
import type { OpenedServices } from "../src/service/open-services.ts";
import { openServices } from "../src/service/open-services.ts";
import { openEngine } from "../src/storage/open-engine.ts";

const administrator = { login: "admin", password: "correct horse" };

test("it is made at the first start, once, and may be removed for good", async () => {
  const open = await opener();
  let { house, admin, id } = await open();
  const { flavour, idKind } = definition(house, admin);
  assert.deepEqual({ flavour, idKind }, { flavour: "reference", idKind: "uuid" });
  const sequence = await lastChange(house);
  await house.engine.close();
  ({ house, admin, id } = await open());
  assert.equal(await lastChange(house), sequence, "the second start makes nothing");
  const entities = house.services.entitiesOf(admin);
  await entities.remove("stores", id as string, { parameters: { confirm: "extobjs" } });
  await house.engine.close();
  ({ house, id } = await open());
  assert.equal(id, undefined);
  await house.engine.close();
});

test("a database that has never had it is given it, in the root group", async () => {
  const open = await opener();
  const { house, admin, id = "" } = await open();
  await house.services.entitiesOf(admin).remove("stores", id, confirmed);
  await house.engine.transact((tx) => tx.forget("setting", "extobjs"));
  await house.engine.close();
  const later = await open();
  assert.ok(later.id !== undefined && later.id !== id);
  const { text } = await later.house.services.entitiesOf(later.admin).read("stores", later.id);
  assert.deepEqual(JSON.parse(text).branch, [later.admin.groups[0]]);
  await later.house.services.entitiesOf(later.admin).create("extobjs", { type: "t" });
  await later.house.engine.close();
});

test("a store that has taken the name before stays what it is", async () => {
  const open = await opener();
  const { house, admin, id = "" } = await open();
  await house.services.entitiesOf(admin).remove("stores", id, confirmed);
  await house.engine.transact((tx) => tx.forget("setting", "extobjs"));
  await house.services.entitiesOf(admin).create("stores", { name: "extobjs" });
  await house.engine.close();
  const later = await open();
  assert.equal(definition(later.house, later.admin).flavour, "entity");
  await later.house.engine.close();
});

test("flavour and kind of ids stay, and saying them again is no change", async () => {
  const { house, admin, id = "" } = await (await opener())();
  const entities = house.services.entitiesOf(admin);
  const update = (patch: object) =>
    entities.update("stores", id, { kind: "merge", patch: patch as Record<string, string> });
  await assert.rejects(update({ flavour: "entity" }), { code: "validation" });
  await assert.rejects(update({ flavour: null }), { code: "validation" });
  await assert.rejects(update({ schema: {} }), { code: "validation" });
  await update({ flavour: "reference", idKind: "uuid", title: "Objects" });
  assert.equal(definition(house, admin).title, "Objects");
  await house.engine.close();
});

const confirmed = { parameters: { confirm: "extobjs" } };

interface Opened {
  readonly house: OpenedServices;
  readonly admin: Caller;
  /** Id of the definition of `extobjs`, if there is one. */
  readonly id: string | undefined;
}

/** Opens one database again and again. */
async function opener(): Promise<() => Promise<Opened>> {
  const folder = await mkdtemp(join(tmpdir(), "stoa-"));
  after(() => rm(folder, { recursive: true }));
  return async () => {
    const house = await openServices({
      openEngine: (options) => openEngine(folder, options),
      administrator,
    });
    const attempt = { ...administrator, way: "session", address: "::1", agent: "" } as const;
    const { sessions, stores } = house.services;
    const { secret } = await sessions.signIn(attempt);
    const admin = await sessions.authenticate("session", secret);
    const id = stores.shownTo(admin).find(({ name }) => name === "extobjs")?.id;
    return { house, admin, id };
  };
}

function definition({ services }: OpenedServices, admin: Caller) {
  const found = services.stores.shownTo(admin).find(({ name }) => name === "extobjs");
  return found ?? storeDefinition("", { name: "missing" });
}

async function lastChange({ engine }: OpenedServices): Promise<number> {
  return engine.transact(async (tx) => tx.lastChange(["stores"]));
}
