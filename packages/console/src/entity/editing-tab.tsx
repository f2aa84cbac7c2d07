/**
 * An entity as a form. What others change meanwhile comes in by itself where I have changed
 * nothing, and is told where I have; nothing is overwritten unseen.
 */
import { Alert, Box, Button, Stack } from "@mui/material";
import { StoaError } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { useEffect, useMemo, useState } from "react";
import { useNotify, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { leaveWhereOver } from "../query-client.ts";
import { useStore } from "../stores.ts";
import { useDraft, useUnsaved } from "../unsaved/use-unsaved.tsx";
import { useRight } from "../use-right.ts";
import { FieldEditor, withField } from "./field-editor.tsx";
import { fieldsOf } from "./schema-field.ts";
import { changedFields, mergeFields, mergePatch } from "./three-way.ts";
import { ownFields, type TabProps, useKeepVersion, type Version, versionOf } from "./use-entity.ts";

export function EditingTab({ store, version }: TabProps) {
  const translate = useTranslate();
  const draft = useEditing(store, version);
  const schema = useStore(store)?.schema;
  const right = useRight("PATCH", [store, ":id"]);
  const fields = fieldsOf(schema, { ...draft.base, ...draft.fields });
  return (
    <Box component="form" noValidate onSubmit={draft.save} sx={{ maxWidth: 640 }}>
      {draft.question}
      {draft.isKept && <Alert severity="info">{translate("stoa.unsaved.kept")}</Alert>}
      {draft.problem !== null && (
        <Alert severity="error">{problemText(draft.problem, translate)}</Alert>
      )}
      {draft.arrived.length > 0 && (
        <Alert severity="info" onClose={draft.hideArrived}>
          {translate("stoa.entity.arrived", { fields: draft.arrived.join(", ") })}
        </Alert>
      )}
      {draft.conflicts.length > 0 && (
        <Alert
          severity="warning"
          action={
            <Button color="inherit" onClick={draft.takeTheirs}>
              {translate("stoa.entity.takeTheirs")}
            </Button>
          }
        >
          {translate("stoa.entity.conflict", { fields: draft.conflicts.join(", ") })}
        </Alert>
      )}
      {!right.isAllowed && <Alert severity="info">{right.reason}</Alert>}
      <Stack sx={{ gap: 0.5, my: 1 }}>
        {fields.map((field) => (
          <FieldEditor
            key={field.name}
            field={field}
            path={field.name}
            value={draft.fields[field.name]}
            isLocked={!right.isAllowed}
            problems={draft.problems}
            onChange={(value) => draft.change(withField(draft.fields, field.name, value))}
          />
        ))}
      </Stack>
      <Stack direction="row" sx={{ gap: 1, position: "sticky", bottom: 0, py: 1.5 }}>
        <Button type="submit" variant="contained" disabled={!draft.isChanged || draft.isSaving}>
          {translate("stoa.action.save")}
        </Button>
        <Button onClick={draft.reset} disabled={!draft.isChanged || draft.isSaving}>
          {translate("stoa.action.cancel")}
        </Button>
      </Stack>
    </Box>
  );
}

interface Typed {
  readonly base: Version;
  readonly fields: JsonObject;
}

/** What is being edited, over the version that it began with. */
function useEditing(store: string, version: Version) {
  const name = `${store}/${version.entity._id}/editing`;
  const kept = useDraft<Typed>(name);
  const [base, setBase] = useState<Version>(kept?.base ?? version);
  const [fields, setFields] = useState<JsonObject>(() => kept?.fields ?? ownFields(base.entity));
  const [conflicts, setConflicts] = useState<readonly string[]>([]);
  const [arrived, setArrived] = useState<readonly string[]>([]);
  const saving = useSaving(store, base);
  const baseFields = useMemo(() => ownFields(base.entity), [base]);
  const isChanged = changedFields(baseFields, fields).length > 0;
  const { question } = useUnsaved(name, isChanged ? ({ base, fields } satisfies Typed) : null);

  useEffect(() => {
    if (version === base) return;
    const theirs = ownFields(version.entity);
    const merged = mergeFields(baseFields, fields, theirs);
    setBase(version);
    setFields(merged.fields);
    setConflicts(merged.conflicts);
    setArrived(merged.theirs);
  }, [version, base, baseFields, fields]);

  const start = (from: JsonObject) => {
    setFields(from);
    setConflicts([]);
    setArrived([]);
    saving.forget();
  };
  return {
    base: baseFields,
    fields,
    conflicts,
    arrived,
    isChanged,
    isKept: kept !== null && isChanged,
    question,
    ...saving,
    change: setFields,
    hideArrived: () => setArrived([]),
    reset: () => start(baseFields),
    takeTheirs: () => {
      const theirs = (name: string) => baseFields[name];
      start(conflicts.reduce((all, name) => withField(all, name, theirs(name)), fields));
    },
    save: (event: { preventDefault: () => void }) => {
      event.preventDefault();
      saving.send(mergePatch(baseFields, fields), () => start(fields));
    },
  };
}

/** One PATCH with the version that was edited; another version that came between is fetched. */
function useSaving(store: string, { entity, etag }: Version) {
  const notify = useNotify();
  const keep = useKeepVersion(store, entity._id);
  const [problem, setProblem] = useState<unknown>(null);
  const [isSaving, setSaving] = useState(false);
  const details = problem instanceof StoaError ? (problem.details ?? []) : [];

  const send = async (patch: JsonObject, done: () => void) => {
    setSaving(true);
    setProblem(null);
    try {
      const saved = await client.store(store).update(entity._id, patch, { ifMatch: etag });
      done();
      keep(versionOf(saved));
      notify("ra.notification.updated", { messageArgs: { smart_count: 1 } });
    } catch (error) {
      leaveWhereOver(error);
      const isOld = error instanceof StoaError && error.code === "precondition";
      if (isOld) keep(versionOf(await client.store(store).read(entity._id)));
      else setProblem(error);
    } finally {
      setSaving(false);
    }
  };
  return {
    problem,
    problems: new Map(details.map(({ path, message }) => [path, message])),
    isSaving,
    forget: () => setProblem(null),
    send: (patch: JsonObject, done: () => void) => void send(patch, done).catch(setProblem),
  };
}
