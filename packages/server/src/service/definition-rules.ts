/**
 * What is particular to store definitions: they make, change and drop stores (rules 8, 18), and a
 * new schema is tried on what is there.
 */
import {
  type Caller,
  everything,
  type Filter,
  hasRootReach,
  holds,
  type JsonObject,
  ownFields,
  ownValue,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
  type StoreFields,
  storeDefinition,
  violation,
} from "@stoa/domain";
import { patched } from "./entity-writing.ts";
import type {
  Alteration,
  Created,
  Creation,
  House,
  Preparation,
  StoreRules,
  Write,
} from "./house.ts";
import { mayGet } from "./permission.ts";
import { requireRootReach } from "./role-rules.ts";
import { compileDefinition, compileSchema, fieldsOf } from "./store-catalog.ts";

/** The definition that was tried, and the last change that it was tried on. */
interface Tried {
  readonly text: string;
  readonly sequence: number;
}

export const definitionRules: StoreRules = {
  kind: "everything",
  system: true,
  alone: true,
  visible: async (house, caller) => shownDefinitions(house, caller),

  async prepare(house, caller, what): Promise<Tried | undefined> {
    if (what.kind === "create" || !hasRootReach(caller, house.engine.tree)) return undefined;
    return prepareUpdate(house, what);
  },

  control: async (write) => requireRootReach(write),

  async create(write: Write, { head, fields }: Creation): Promise<Created> {
    const definition = storeDefinition(head.id, checkedFields(fields));
    if (definition.schema) compileSchema(definition.schema);
    if (write.house.catalog.has(definition.name)) throw nameTaken(definition.name);
    await write.tx.define(definition);
    return { head, fields };
  },

  async update(write: Write, { before, old, fields }: Alteration): Promise<JsonObject> {
    const definition = updatedDefinition(before.id, old, fields);
    const tried = write.prepared as Tried | undefined;
    const trial = trialOf(definition, old, fields, write.parameters);
    if (trial) await requireStillTried(write, trial, tried);
    await write.tx.define(definition);
    return fields;
  },

  async remove(write: Write, before: StoredEntity): Promise<void> {
    const { name } = fieldsOf(before.body);
    if (write.parameters["confirm"] !== name) {
      const message = `removes every entity in it: confirm it by ?confirm=${name}`;
      throw violation("confirm", "required", message);
    }
    await write.tx.undefine(name);
  },
};

/** Definitions whose GET the caller holds (rule 18). */
function shownDefinitions(house: House, caller: Caller): Filter {
  if (holds(caller, { method: "GET", path: ["stores"] })) {
    const all = house.catalog.definitions();
    if (all.every(({ name }) => mayGet(caller, name))) return everything;
  }
  const names = definitionsShownTo(house, caller).map(({ name }) => name);
  return {
    kind: "in",
    left: { kind: "property", path: ["name"] },
    right: { kind: "constant", value: names },
  };
}

export function definitionsShownTo(house: House, caller: Caller): readonly StoreDefinition[] {
  return house.catalog.definitions().filter(({ name }) => mayGet(caller, name));
}

/** Tries a new schema on what is there, and builds new indexes, while others go on reading. */
async function prepareUpdate(
  house: House,
  { id, patch, parameters }: Extract<Preparation, { kind: "update" }>,
): Promise<Tried | undefined> {
  const before = await house.engine.read("stores", id);
  if (!before) return undefined;
  const { old, asked: fields } = patched(before, patch, house.engine.tree);
  if (house.catalog.get("stores").validate(fields).length > 0) return undefined;
  const definition = updatedDefinition(id, old, fields);
  const trial = trialOf(definition, old, fields, parameters);
  const tried = trial && (await tryDefinition(house, trial));
  await house.engine.prepare(definition);
  return tried;
}

function updatedDefinition(id: string, old: JsonObject, fields: JsonObject): StoreDefinition {
  const definition = storeDefinition(id, checkedFields(fields));
  const was = storeDefinition(id, checkedFields(old));
  for (const member of ["name", "idKind", "flavour"] as const) {
    if (was[member] !== definition[member]) {
      throw violation(member, "readOnly", "cannot be changed: make another store");
    }
  }
  if (definition.schema) compileSchema(definition.schema);
  return definition;
}

/** What a new definition asks of the entities that are there. */
type Trial = Pick<StoreDefinition, "name" | "schema" | "search">;

/** Without the schema where it is to hold all the same; undefined where nothing new is asked. */
function trialOf(
  { name, schema, search }: StoreDefinition,
  old: JsonObject,
  fields: JsonObject,
  parameters: Readonly<Record<string, string>>,
): Trial | undefined {
  const isChanged = (member: string) =>
    JSON.stringify(ownValue(fields, member)) !== JSON.stringify(ownValue(old, member));
  const trial = {
    name,
    schema: isChanged("schema") && parameters["enforce"] !== "true" ? schema : null,
    search: isChanged("search") ? search : [],
  };
  return trial.schema || trial.search.length > 0 ? trial : undefined;
}

/** Errors: `conflict` with the number of entities that would break it. */
async function tryDefinition(house: House, trial: Trial): Promise<Tried> {
  const { name } = trial;
  const text = JSON.stringify(trial);
  const sequence = await house.engine.transact(async (tx) => tx.lastChange([name]));
  const validate = compileDefinition(trial);
  let broken = 0;
  let total = 0;
  const query = { filter: everything, order: [], offset: 0, limit: Number.POSITIVE_INFINITY };
  for await (const { texts } of house.engine.find(name, { ...query, after: null, only: null })) {
    for (const entity of texts) {
      total++;
      if (validate(ownFields(JSON.parse(entity) as JsonObject)).length > 0) broken++;
    }
  }
  if (broken > 0) throw wouldBreak(trial, broken, total);
  return { text, sequence };
}

/** What was written while the definition was being tried is tried here. */
async function requireStillTried(write: Write, trial: Trial, tried?: Tried) {
  if (tried?.text !== JSON.stringify(trial)) {
    throw new StoaError("conflict", "The definition has changed meanwhile: read it, try again.");
  }
  if (write.tx.lastChange([trial.name]) === tried.sequence) return;
  const validate = compileDefinition(trial);
  let since = tried.sequence;
  for (;;) {
    const changes = await write.house.engine.changes(since, 1_000);
    const last = changes.at(-1);
    if (!last) return;
    for (const { store, after } of changes) {
      if (store !== trial.name || !after) continue;
      if (validate(JSON.parse(after.body) as JsonObject).length > 0) throw wouldBreak(trial, 1, 1);
    }
    since = last.sequence;
  }
}

function wouldBreak({ schema }: Trial, broken: number, total: number): StoaError {
  const message = schema
    ? `${broken} of ${total} entities break the new schema. ` +
      "Mend them first, or apply it all the same by ?enforce=true."
    : `${broken} of ${total} entities have more words than can be searched.`;
  const path = schema ? "schema" : "search";
  const details = [{ path, rule: "violations", message: String(broken) }];
  return new StoaError("conflict", message, { details });
}

/** Their shape has been checked by the schema of the store `stores`. */
function checkedFields(fields: JsonObject): StoreFields {
  return fields as unknown as StoreFields;
}

function nameTaken(name: string): StoaError {
  const details = [{ path: "name", rule: "unique", message: "is taken" }];
  return new StoaError("conflict", `There is a store "${name}" already.`, { details });
}
