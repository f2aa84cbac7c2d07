/**
 * A new store out of pasted JSON: its schema is guessed, and what was pasted is put in.
 */
import {
  Alert,
  Box,
  Button,
  FormControlLabel,
  Paper,
  Stack,
  Switch,
  TextField,
} from "@mui/material";
import type { Draft } from "@stoa/client";
import { type Json, type JsonObject, type StoreFields, violation } from "@stoa/domain";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Title, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { JsonEditor } from "../entity/json-editor.tsx";
import { isObject } from "../entity/schema-field.ts";
import { problemText } from "../problem-text.ts";
import { useDraft, useUnsaved } from "../unsaved/use-unsaved.tsx";
import { useAttempt } from "../use-attempt.ts";

export default function NewStorePage() {
  const translate = useTranslate();
  const { problem, isBusy, submit, sample, setSample, question } = useNewStore();
  return (
    <Paper component="form" onSubmit={submit} sx={{ mt: 1, p: 2, maxWidth: 820 }}>
      <Title title="stoa.definition.create" />
      {question}
      <Stack sx={{ gap: 1.5 }}>
        {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
        <TextField
          name="name"
          label={translate("stoa.definition.name")}
          helperText={translate("stoa.definition.nameHint")}
          required
          autoFocus
          slotProps={{ htmlInput: { pattern: "[a-z][a-z0-9_\\-]{0,62}" } }}
        />
        <TextField name="title" label={translate("stoa.definition.title")} />
        <Box>
          {translate("stoa.definition.paste")}
          <JsonEditor
            label={translate("stoa.definition.sample")}
            text={sample}
            onChange={setSample}
          />
        </Box>
        <FormControlLabel
          control={<Switch name="schema" defaultChecked />}
          label={translate("stoa.definition.withSchema")}
        />
        <Button type="submit" variant="contained" disabled={isBusy} sx={{ alignSelf: "start" }}>
          {translate("stoa.definition.create")}
        </Button>
      </Stack>
    </Paper>
  );
}

function useNewStore() {
  const queries = useQueryClient();
  const kept = useDraft<string>("new-store");
  const [sample, setSample] = useState(kept ?? "");
  const { isBusy, problem, attempt } = useAttempt();
  const draft = sample.trim() === "" ? null : sample;
  const { question, leadOn } = useUnsaved("new-store", draft, isBusy);

  const create = async (form: FormData) => {
    const name = String(form.get("name"));
    const objects = parsedSample(sample);
    const wantsSchema = form.get("schema") !== null && objects.length > 0;
    const schema = wantsSchema ? await client.administration.inferFrom(objects) : null;
    const fields = {
      name,
      schema,
      ...(wantsSchema ? { search: textFields(objects) } : {}),
      ...(form.get("title") ? { title: String(form.get("title")) } : {}),
    };
    await client.store<Omit<StoreFields, "time">>("stores").create(fields);
    if (objects.length > 0) {
      await client.store(name).createAll(objects as readonly Draft<JsonObject>[]);
    }
    await queries.invalidateQueries({ queryKey: ["stoa"] });
    leadOn(`/stores/${name}`);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    attempt(() => create(form));
  };
  return { problem, isBusy, submit, sample, setSample, question };
}

/** What the search above a table looks into: fields that hold texts, the first few of them. */
function textFields(objects: readonly JsonObject[]): string[] {
  const names = objects.flatMap((object) =>
    Object.keys(object).filter((name) => typeof object[name] === "string" && !/[.]/.test(name)),
  );
  return [...new Set(names)].slice(0, searchedMax);
}

const searchedMax = 8;

/** One object, a list of objects, or nothing. Errors: `validation` for anything else. */
function parsedSample(text: string): JsonObject[] {
  if (text.trim() === "") return [];
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw violation("", "json", "What was pasted is not complete JSON.");
  }
  const all = Array.isArray(value) ? value : [value];
  if (!all.every(isObject)) {
    throw violation("", "objects", "What was pasted is neither an object nor a list of them.");
  }
  return all;
}
