/**
 * An entity as exactly the JSON that the API serves, edited as such and saved as one PATCH.
 */
import { Alert, Button, Stack } from "@mui/material";
import type { Json, JsonObject } from "@stoa/domain";
import { useState } from "react";
import { useTranslate } from "react-admin";
import { problemText } from "../problem-text.ts";
import { useStore } from "../stores.ts";
import { useDraft, useUnsaved } from "../unsaved/use-unsaved.tsx";
import { useRight } from "../use-right.ts";
import { JsonEditor } from "./json-editor.tsx";
import { isObject } from "./schema-field.ts";
import { mergePatch } from "./three-way.ts";
import { ownFields, type TabProps } from "./use-entity.ts";
import { useSaving } from "./use-saving.ts";

export default function CodeTab({ store, version }: TabProps) {
  const translate = useTranslate();
  const schema = useStore(store)?.schema;
  const right = useRight("PATCH", [store, ":id"]);
  const code = useCode(store, version);
  return (
    <>
      {code.question}
      {code.isKept && <Alert severity="info">{translate("stoa.unsaved.kept")}</Alert>}
      {code.problem !== null && (
        <Alert severity="error">{problemText(code.problem, translate)}</Alert>
      )}
      {code.isOld && (
        <Alert
          severity="warning"
          action={
            <Button color="inherit" onClick={code.reset}>
              {translate("stoa.entity.takeTheirs")}
            </Button>
          }
        >
          {translate("stoa.code.changedElsewhere")}
        </Alert>
      )}
      {!right.isAllowed && <Alert severity="info">{right.reason}</Alert>}
      <JsonEditor
        label={translate("stoa.entity.code")}
        text={code.text}
        schema={schema}
        isLocked={!right.isAllowed}
        onChange={code.setText}
      />
      <Stack direction="row" sx={{ gap: 1, mt: 1.5 }}>
        <Button variant="contained" onClick={code.save} disabled={!code.canSave}>
          {translate("stoa.action.save")}
        </Button>
        <Button onClick={code.reset} disabled={!code.canReset}>
          {translate("stoa.action.cancel")}
        </Button>
      </Stack>
    </>
  );
}

interface Typed {
  readonly base: TabProps["version"];
  readonly text: string;
}

/** The text over the version that it was made of; a newer one is told, never overwritten unseen. */
function useCode(store: string, version: TabProps["version"]) {
  const name = `${store}/${version.entity._id}/code`;
  const kept = useDraft<Typed>(name);
  const [base, setBase] = useState(kept?.base ?? version);
  const [text, setText] = useState(() => kept?.text ?? written(base.entity));
  const saving = useSaving(store, base, version);
  const isChanged = text !== written(base.entity);
  const draft = isChanged ? ({ base, text } satisfies Typed) : null;
  const { question } = useUnsaved(name, draft, saving.isSaving);
  const start = (from: TabProps["version"]) => {
    setBase(from);
    setText(written(from.entity));
    saving.forget();
  };
  if (saving.hasNews && !isChanged) start(version);
  const isNewer = version.etag === null || version.etag !== base.etag;
  // What is heard while it is saved may be that it is saved.
  const isOld = saving.hasNews && isNewer && !saving.isSaving;
  const parsed = parse(text);

  const save = () => {
    if (parsed === null) return;
    saving.send(mergePatch(ownFields(base.entity), ownFields(parsed)), (saved) => {
      setBase(saved);
      // What was typed on meanwhile stays.
      setText((now) => (now === text ? written(saved.entity) : now));
    });
  };
  return {
    text,
    setText,
    problem: saving.problem,
    isKept: kept !== null && isChanged,
    question,
    isOld,
    canReset: isChanged && !saving.isSaving,
    canSave: isChanged && parsed !== null && !isOld && !saving.isSaving,
    reset: () => start(version),
    save,
  };
}

function written(entity: JsonObject): string {
  return JSON.stringify(entity, null, 2);
}

function parse(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
