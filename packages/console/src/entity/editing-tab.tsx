/**
 * An entity as a form. What others change meanwhile comes in by itself where I have changed
 * nothing, and is told where I have; nothing is overwritten unseen.
 */
import { Alert, Box, Button, Stack } from "@mui/material";
import type { JsonObject } from "@stoa/domain";
import { useEffect, useMemo, useState } from "react";
import { useTranslate } from "react-admin";
import { problemsByPath, problemText } from "../problem-text.ts";
import { useStore } from "../stores.ts";
import { useDraft, useUnsaved } from "../unsaved/use-unsaved.tsx";
import { useRight } from "../use-right.ts";
import { FieldEditor, withField } from "./field-editor.tsx";
import { fieldsOf } from "./schema-field.ts";
import { changedFields, mergeFields, mergePatch } from "./three-way.ts";
import { ownFields, type TabProps, type Version } from "./use-entity.ts";
import { useSaving } from "./use-saving.ts";

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
  const translate = useTranslate();
  const name = `${store}/${version.entity._id}/editing`;
  const kept = useDraft<Typed>(name);
  const [base, setBase] = useState<Version>(kept?.base ?? version);
  const [fields, setFields] = useState<JsonObject>(() => kept?.fields ?? ownFields(base.entity));
  const [conflicts, setConflicts] = useState<readonly string[]>([]);
  const [arrived, setArrived] = useState<readonly string[]>([]);
  const { hasNews, problem, isSaving, forget, send } = useSaving(store, base, version);
  const baseFields = useMemo(() => ownFields(base.entity), [base]);
  const isChanged = changedFields(baseFields, fields).length > 0;
  const draft = isChanged ? ({ base, fields } satisfies Typed) : null;
  const { question } = useUnsaved(name, draft, isSaving);

  useEffect(() => {
    if (!hasNews) return;
    const merged = mergeFields(baseFields, fields, ownFields(version.entity));
    setBase(version);
    setFields(merged.fields);
    setConflicts(merged.conflicts);
    setArrived(merged.theirs);
  }, [hasNews, version, baseFields, fields]);

  const start = (from: (typed: JsonObject) => JsonObject) => {
    setFields(from);
    setConflicts([]);
    setArrived([]);
    forget();
  };
  return {
    base: baseFields,
    fields,
    conflicts,
    arrived,
    isChanged,
    isKept: kept !== null && isChanged,
    question,
    problem,
    problems: problemsByPath(problem, translate),
    isSaving,
    change: setFields,
    hideArrived: () => setArrived([]),
    reset: () => start(() => baseFields),
    takeTheirs: () => {
      const theirs = (name: string) => baseFields[name];
      start((typed) => conflicts.reduce((all, key) => withField(all, key, theirs(key)), typed));
    },
    save: (event: { preventDefault: () => void }) => {
      event.preventDefault();
      send(mergePatch(baseFields, fields), (saved) => {
        setBase(saved);
        // What was typed on meanwhile stays.
        start((typed) => mergeFields(fields, typed, ownFields(saved.entity)).fields);
      });
    },
  };
}
