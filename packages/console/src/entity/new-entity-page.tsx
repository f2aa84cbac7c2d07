/**
 * A new entity, by a form out of the schema or as JSON.
 */
import { Alert, Box, Button, Paper, Stack, ToggleButton, ToggleButtonGroup } from "@mui/material";
import { type Json, type JsonObject, violation } from "@stoa/domain";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Title, useNotify, useTranslate } from "react-admin";
import { useParams } from "react-router-dom";
import { client } from "../connection.ts";
import { problemsByPath, problemText } from "../problem-text.ts";
import { useStore, useStores } from "../stores.ts";
import { useDraft, useUnsaved } from "../unsaved/use-unsaved.tsx";
import { useAttempt } from "../use-attempt.ts";
import { useRight } from "../use-right.ts";
import { FieldEditor, withField } from "./field-editor.tsx";
import { JsonEditor } from "./json-editor.tsx";
import { fieldsOf, isObject } from "./schema-field.ts";

type Mode = "asForm" | "asJson";

export default function NewEntityPage() {
  const { store = "" } = useParams();
  const isKnown = useStores().data !== undefined;
  return (
    <Paper sx={{ mt: 1, p: 2, maxWidth: 720 }}>
      <Title title="stoa.entity.create" />
      {isKnown && <Draft key={store} store={store} />}
    </Paper>
  );
}

function Draft({ store }: { readonly store: string }) {
  const translate = useTranslate();
  const schema = useStore(store)?.schema;
  const right = useRight("POST", [store]);
  const draft = useNewEntity(store);
  const fields = fieldsOf(schema, draft.fields);
  const [chosen, setMode] = useState<Mode | null>(null);
  const mode = chosen ?? (fields.length > 0 ? "asForm" : "asJson");
  return (
    <Stack component="form" noValidate onSubmit={draft.create} sx={{ gap: 1.5 }}>
      {draft.question}
      {draft.isKept && <Alert severity="info">{translate("stoa.unsaved.kept")}</Alert>}
      {draft.problem !== null && (
        <Alert severity="error">{problemText(draft.problem, translate)}</Alert>
      )}
      {!right.isAllowed && <Alert severity="info">{right.reason}</Alert>}
      <ToggleButtonGroup
        exclusive
        size="small"
        value={mode}
        onChange={(_, picked: Mode | null) => picked && setMode(picked)}
      >
        <ToggleButton value="asForm">{translate("stoa.entity.asForm")}</ToggleButton>
        <ToggleButton value="asJson">{translate("stoa.entity.asJson")}</ToggleButton>
      </ToggleButtonGroup>
      {mode === "asJson" ? (
        <JsonEditor
          label={translate("stoa.entity.create")}
          text={draft.text}
          schema={schema}
          onChange={draft.setText}
        />
      ) : (
        <Box>
          {fields.map((field) => (
            <FieldEditor
              key={field.name}
              field={field}
              path={field.name}
              value={draft.fields[field.name]}
              isLocked={false}
              problems={draft.problems}
              onChange={(value) => draft.change(withField(draft.fields, field.name, value))}
            />
          ))}
        </Box>
      )}
      <Button
        type="submit"
        variant="contained"
        disabled={!right.isAllowed || draft.isBusy}
        sx={{ alignSelf: "flex-start" }}
      >
        {translate("stoa.action.create")}
      </Button>
    </Stack>
  );
}

const blank = "{\n  \n}";

/** One text, which the form writes too. */
function useNewEntity(store: string) {
  const translate = useTranslate();
  const notify = useNotify();
  const queries = useQueryClient();
  const name = `${store}/new`;
  const kept = useDraft<string>(name);
  const [text, setText] = useState(kept ?? blank);
  const isTyped = text !== blank && text !== "{}" && text.trim() !== "";
  const { isBusy, problem, attempt } = useAttempt();
  const { question, leadOn } = useUnsaved(name, isTyped ? text : null, isBusy);
  const create = async () => {
    const value = parsed(text);
    if (value === null) throw violation("", "json", "This is not complete JSON yet.");
    const { _id } = await client.store(store).create(value);
    notify("stoa.entity.created", { type: "success" });
    void queries.invalidateQueries({ queryKey: ["stoa", "rows", store] });
    leadOn(`/stores/${store}/${_id}`);
  };
  return {
    text,
    setText,
    question,
    isKept: kept !== null && isTyped,
    fields: parsed(text) ?? {},
    change: (fields: JsonObject) => setText(JSON.stringify(fields, null, 2)),
    problem,
    problems: problemsByPath(problem, translate),
    isBusy,
    create: (event: FormEvent) => {
      event.preventDefault();
      attempt(create);
    },
  };
}

function parsed(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
