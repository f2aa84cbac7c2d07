/**
 * What is particular to users: coverage, the rights over oneself, passwords, and the last
 * administrator (rules 2, 3, 12, 14, 26).
 */
import {
  type Caller,
  covers,
  hasRootReach,
  holds,
  type JsonObject,
  ownValue,
  type Patch,
  StoaError,
  type StoredEntity,
  textField,
  violation,
} from "@stoa/domain";
import { credentialsOf, groupsOf } from "./caller-service.ts";
import type { Alteration, Created, Creation, House, StoreRules, Transfer, Write } from "./house.ts";
import { requireAdministrator } from "./last-administrator.ts";
import { passwordVerifier, verifyPassword } from "./password.ts";
import { isOwnUser } from "./permission.ts";
import { endWaysOf } from "./session-service.ts";
import { handOver } from "./succession.ts";

/** What everybody may change of itself; the password only together with the old one. */
const selfFields: ReadonlySet<string> = new Set(["name", "email", "locale"]);

/** Hashes made before the transaction: of the password sent, and what the old one was tried on. */
interface Prepared {
  readonly verifier?: string;
  readonly triedOn?: string;
}

export const userRules: StoreRules = {
  kind: "reach",
  system: true,

  async prepare(house, caller, what): Promise<Prepared> {
    if (what.kind === "create") {
      const password = textField(what.body, "password");
      return password === undefined ? {} : { verifier: await passwordVerifier(password) };
    }
    const password = patchedText(what.patch, "password");
    if (password === undefined) return {};
    if (what.id !== caller.user) return { verifier: await passwordVerifier(password) };
    const triedOn = await tryOldPassword(house, caller, patchedText(what.patch, "oldPassword"));
    return { verifier: await passwordVerifier(password), triedOn };
  },

  async control(write: Write, before: StoredEntity | null): Promise<void> {
    if (!before || isOwnUser(write.caller, before.id)) return;
    await requireCoverage(write, before.group, JSON.parse(before.body));
  },

  async create(write: Write, { head, body, fields }: Creation): Promise<Created> {
    const group = textField(body, "group");
    if (group === undefined) throw violation("group", "required", "is required");
    const kept = withoutPasswords(fields);
    await requireCoverage(write, group, kept);
    await requireRole(write, kept);
    await keepPassword(write, head.id);
    return { head: { ...head, group }, fields: kept };
  },

  async update(write: Write, { before, old, fields }: Alteration): Promise<JsonObject> {
    const kept = withoutPasswords(fields);
    const changed = changedFields(old, kept);
    const { verifier, triedOn } = write.prepared as Prepared;
    const own = isOwnUser(write.caller, before.id);
    const byRule3 = own && changed.every((field) => selfFields.has(field));
    if (!byRule3) {
      if (!holds(write.caller, { method: "PATCH", path: ["users", ":id"] })) throw notCovered();
      await requireCoverage(write, before.group, old);
      if (changed.includes("role")) await requireRole(write, kept);
      await requireCoverage(write, before.group, kept);
    }
    if (verifier !== undefined) {
      await requireSameOldPassword(write, before.id, triedOn);
      await keepPassword(write, before.id);
      await endWaysOf(write.tx, before.id, mark(write), (store, { id, body }) => {
        const issued = store === "tokens" && JSON.parse(body).type !== "sign-in";
        return id !== write.caller.wayId && !issued;
      });
    }
    return kept;
  },

  async updated(write: Write, before: StoredEntity, after: StoredEntity): Promise<void> {
    await requireAdministrator(write.tx);
    const isDisabled = ({ body }: StoredEntity) => JSON.parse(body).disabled === true;
    if (isDisabled(after) && !isDisabled(before)) {
      await endWaysOf(write.tx, after.id, mark(write), (store) => store === "sessions");
    }
  },

  async remove(write: Write, before: StoredEntity): Promise<void> {
    await requireCoverage(write, before.group, JSON.parse(before.body));
    const heir = write.parameters["owner"];
    if (heir !== undefined) await handOver(write, before.id, heir);
  },

  async removed(write: Write, before: StoredEntity): Promise<void> {
    await requireAdministrator(write.tx);
    await endWaysOf(write.tx, before.id, mark(write), () => true);
    await write.tx.forgetAbout("password", before.id);
  },

  async transfer(write: Write, before: StoredEntity, { owner, group }: Transfer): Promise<string> {
    const fields = JSON.parse(before.body) as JsonObject;
    await requireCoverage(write, before.group, fields);
    if (owner !== undefined || group === undefined) {
      throw violation("owner", "transfer", "of a user, only `group` can be transferred");
    }
    await requireCoverage(write, group, fields);
    return group;
  },
};

/**
 * Errors: `forbidden` unless the caller covers a user of that group with those fields (rule 2);
 * only members of the root, who reach every group, are told that there is none by that id.
 */
export async function requireCoverage(write: Write, group: string, fields: JsonObject) {
  const { tx, caller } = write;
  const role = await tx.read("roles", textField(fields, "role") ?? "");
  const groups = groupsOf({ group, body: JSON.stringify(fields) });
  if (hasRootReach(caller, tx.tree) && !groups.every((one) => tx.tree.has(one))) {
    throw violation("group", "exists", "is no group");
  }
  if (!covers(caller, { groups, credentials: credentialsOf(role) }, tx.tree)) throw notCovered();
}

async function requireRole({ tx }: Write, fields: JsonObject): Promise<void> {
  if (await tx.read("roles", textField(fields, "role") ?? "")) return;
  throw violation("role", "exists", "is no role");
}

/** Throttled as a sign-in. The verifier that it was right for, or a refusal. */
async function tryOldPassword(
  house: House,
  caller: Caller,
  oldPassword: string | undefined,
): Promise<string> {
  if (oldPassword === undefined) {
    throw violation("oldPassword", "required", "is required to change your own password");
  }
  const attempt = { login: caller.user, address: `user ${caller.user}` };
  await house.throttle.begin(attempt);
  const record = await house.engine.recall("password", caller.user);
  if (!record || !(await verifyPassword(oldPassword, record.value))) {
    throw violation("oldPassword", "password", "is not your present password");
  }
  await house.throttle.succeed(attempt);
  return record.value;
}

/** The old password was tried before the transaction: it must still be that one. */
async function requireSameOldPassword({ tx, caller }: Write, id: string, triedOn?: string) {
  if (id !== caller.user) return;
  const record = await tx.recall("password", id);
  if (record?.value === triedOn) return;
  throw violation("oldPassword", "password", "is not your present password");
}

async function keepPassword({ tx, prepared }: Write, id: string): Promise<void> {
  const { verifier } = prepared as Prepared;
  if (verifier === undefined) return;
  await tx.keep("password", id, { subject: id, value: verifier, expiresAt: null });
}

/** A text that a patch sets at the top of the entity, in either form. */
function patchedText(patch: Patch, field: string): string | undefined {
  if (patch.kind === "merge") return textField(patch.patch, field);
  for (const operation of patch.patch.toReversed()) {
    if (operation.op !== "add" && operation.op !== "replace") continue;
    if (operation.path.length === 1 && operation.path[0] === field) {
      return typeof operation.value === "string" ? operation.value : undefined;
    }
  }
  return undefined;
}

function withoutPasswords(fields: JsonObject): JsonObject {
  const { password: _, oldPassword: __, ...kept } = fields;
  return kept;
}

function changedFields(old: JsonObject, fields: JsonObject): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(fields)]);
  return [...names].filter(
    (name) => JSON.stringify(ownValue(old, name)) !== JSON.stringify(ownValue(fields, name)),
  );
}

function mark({ caller, time }: Write) {
  return { by: caller.user, time };
}

function notCovered(): StoaError {
  const message =
    "You can decide only over users whose groups you reach and whose rights you hold.";
  return new StoaError("forbidden", message);
}
