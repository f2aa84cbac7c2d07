/**
 * The description of a store while it is edited: what of it was changed is saved over the version
 * that the editing began with. No drawing.
 */
import { StoaError } from "@stoa/client";
import { type JsonObject, violation } from "@stoa/domain";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNotify } from "react-admin";
import { client } from "../connection.ts";
import { useKeepVersion, type Version, versionOf } from "../entity/use-entity.ts";
import type { StoreEntity } from "../stores.ts";
import { useDraft, useUnsaved } from "../unsaved/use-unsaved.tsx";
import { useAttempt } from "../use-attempt.ts";

interface DefinitionFields {
  readonly title: string;
  readonly schema: string;
  readonly indexes: readonly (readonly string[])[];
  readonly unique: readonly (readonly string[])[];
  readonly search: readonly string[];
}

interface Typed {
  readonly base: Version;
  readonly fields: DefinitionFields;
}

export function useDefinition(version: Version) {
  const notify = useNotify();
  const queries = useQueryClient();
  const keep = useKeepVersion("stores", version.entity._id);
  const draftName = `stores/${version.entity._id}`;
  const kept = useDraft<Typed>(draftName);
  const [base, setBase] = useState(kept?.base ?? version);
  const [fields, setFields] = useState(kept?.fields ?? fieldsOf(base));
  const [isEnforced, setEnforced] = useState(false);
  const { isBusy, problem, attempt, forget } = useAttempt();
  const [replaced, setReplaced] = useState<Version | null>(null);
  const changed = changedOf(fieldsOf(base), fields);
  const isChanged = Object.keys(changed).length > 0;
  const draft = isChanged ? ({ base, fields } satisfies Typed) : null;
  const { question } = useUnsaved(draftName, draft, isBusy);
  const change = (some: Partial<DefinitionFields>) => setFields((all) => ({ ...all, ...some }));
  // What is heard while it is saved may be that it is saved, and what was saved over is no news.
  const isOld = version.etag !== base.etag && version !== replaced && !isBusy;
  const start = (from: Version) => {
    setBase(from);
    setFields(fieldsOf(from));
    forget();
  };
  // Where nothing was typed, what others save is taken over.
  if (isOld && !isChanged) start(version);

  const save = async () => {
    const { schema, ...rest } = changed;
    const patch = { ...rest, ...(schema !== undefined && { schema: parsedSchema(schema) }) };
    const parameters = isEnforced ? { parameters: { enforce: "true" } } : {};
    const options = { ifMatch: base.etag, ...parameters };
    const { _id } = version.entity;
    const saved = versionOf(await client.store("stores").update(_id, patch as JsonObject, options));
    setBase(saved);
    // What was typed on meanwhile stays.
    setFields((now) => (now === fields ? fieldsOf(saved) : now));
    setReplaced(version);
    setEnforced(false);
    keep(saved, base);
    void queries.invalidateQueries({ queryKey: ["stoa", "stores"] });
    notify("ra.notification.updated", { messageArgs: { smart_count: 1 } });
  };
  const infer = async () =>
    change({ schema: text(await client.administration.inferOf(String(base.entity["name"]))) });
  return {
    fields,
    change,
    problem,
    isBusy,
    isChanged,
    isKept: kept !== null && isChanged,
    isOld,
    question,
    isBroken: problem instanceof StoaError && problem.code === "conflict",
    enforce: setEnforced,
    takeTheirs: () => start(version),
    save: () => attempt(save),
    infer: () => attempt(infer),
  };
}

function fieldsOf({ entity }: Version): DefinitionFields {
  const store = entity as unknown as StoreEntity;
  const { title = "", schema, indexes = [], unique = [], search = [] } = store;
  return { title, schema: schema ? text(schema) : "", indexes, unique, search };
}

function changedOf(before: DefinitionFields, after: DefinitionFields): Partial<DefinitionFields> {
  const isSame = (name: keyof DefinitionFields) =>
    JSON.stringify(before[name]) === JSON.stringify(after[name]);
  const names = Object.keys(after) as (keyof DefinitionFields)[];
  return Object.fromEntries(
    names.filter((name) => !isSame(name)).map((name) => [name, after[name]]),
  );
}

/** An empty editor means any object. Errors: `validation` for what is no JSON. */
function parsedSchema(written: string): JsonObject | null {
  if (written.trim() === "") return null;
  try {
    return JSON.parse(written) as JsonObject;
  } catch {
    throw violation("schema", "json", "The schema is not complete JSON yet.");
  }
}

function text(schema: JsonObject): string {
  return JSON.stringify(schema, null, 2);
}
