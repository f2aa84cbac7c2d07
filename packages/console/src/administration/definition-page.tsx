/**
 * The description of one store: its schema, which can be guessed from what is in it, its indexes
 * and unique sets; and its end.
 */
import {
  Alert,
  Autocomplete,
  Box,
  Button,
  FormControlLabel,
  Paper,
  Stack,
  Switch,
  TextField,
  Typography,
} from "@mui/material";
import { StoaError } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Title, useNotify, useTranslate } from "react-admin";
import { useNavigate, useParams } from "react-router-dom";
import { client } from "../connection.ts";
import { JsonEditor } from "../entity/json-editor.tsx";
import { problemText } from "../problem-text.ts";
import { type StoreEntity, useStore } from "../stores.ts";
import { useRight } from "../use-right.ts";
import { PathSetsInput } from "./path-sets-input.tsx";
import { RemoveStore } from "./remove-store.tsx";

export default function DefinitionPage() {
  const { name = "" } = useParams();
  const store = useStore(name);
  return (
    <Paper sx={{ mt: 1, p: 2, maxWidth: 900 }}>
      <Title title={name} />
      {store && <DefinitionForm key={store._id} store={store} />}
    </Paper>
  );
}

function DefinitionForm({ store }: { readonly store: StoreEntity }) {
  const translate = useTranslate();
  const right = useRight("PATCH", ["stores", ":id"]);
  const form = useDefinition(store);
  const { fields, change } = form;
  return (
    <Stack sx={{ gap: 2 }}>
      {form.problem !== null && (
        <Alert severity="error">{problemText(form.problem, translate)}</Alert>
      )}
      {!right.isAllowed && <Alert severity="info">{right.reason}</Alert>}
      <TextField
        label={translate("stoa.definition.title")}
        value={fields.title}
        onChange={({ target }) => change({ title: target.value })}
      />
      <Box>
        <Box sx={{ display: "flex", alignItems: "center", mb: 0.5 }}>
          <Typography component="h2" variant="subtitle2" sx={{ flexGrow: 1 }}>
            {translate("stoa.definition.schema")}
          </Typography>
          <Button onClick={form.infer}>{translate("stoa.definition.infer")}</Button>
        </Box>
        <JsonEditor
          label={translate("stoa.definition.schema")}
          text={fields.schema}
          isLocked={!right.isAllowed}
          onChange={(schema) => change({ schema })}
        />
        <Typography variant="caption" color="textSecondary">
          {translate("stoa.definition.schemaHint")}
        </Typography>
      </Box>
      <PathSetsInput
        label={translate("stoa.definition.indexes")}
        sets={fields.indexes}
        onChange={(indexes) => change({ indexes })}
      />
      <PathSetsInput
        label={translate("stoa.definition.unique")}
        sets={fields.unique}
        onChange={(unique) => change({ unique })}
      />
      <SearchedInput paths={fields.search} onChange={(search) => change({ search })} />
      {form.isBroken && (
        <FormControlLabel
          control={<Switch onChange={({ target }) => change({ enforce: target.checked })} />}
          label={translate("stoa.definition.enforce")}
        />
      )}
      <Box sx={{ display: "flex", gap: 1 }}>
        <Button variant="contained" disabled={!right.isAllowed || form.isBusy} onClick={form.save}>
          {translate("stoa.action.save")}
        </Button>
        <RemoveStore store={store} />
      </Box>
    </Stack>
  );
}

interface SearchedInputProps {
  readonly paths: readonly string[];
  readonly onChange: (paths: readonly string[]) => void;
}

function SearchedInput({ paths, onChange }: SearchedInputProps) {
  const translate = useTranslate();
  return (
    <Autocomplete
      multiple
      freeSolo
      options={[] as string[]}
      value={[...paths]}
      onChange={(_, chosen) => onChange(chosen)}
      renderInput={(input) => (
        <TextField
          {...input}
          label={translate("stoa.definition.search")}
          helperText={translate("stoa.definition.searchHint")}
        />
      )}
    />
  );
}

interface Fields {
  readonly title: string;
  readonly schema: string;
  readonly indexes: readonly (readonly string[])[];
  readonly unique: readonly (readonly string[])[];
  readonly search: readonly string[];
  readonly enforce: boolean;
}

function useDefinition(store: StoreEntity) {
  const notify = useNotify();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [fields, setFields] = useState<Fields>(() => fieldsOf(store));
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const change = (some: Partial<Fields>) => setFields((all) => ({ ...all, ...some }));

  const save = async () => {
    const { schema, enforce, ...rest } = fields;
    const patch = { ...rest, schema: parsedSchema(schema) };
    const parameters = enforce ? { parameters: { enforce: "true" } } : {};
    await client.store("stores").update(store._id, patch, parameters);
    await queries.invalidateQueries({ queryKey: ["stoa", "stores"] });
    notify("ra.notification.updated", { messageArgs: { smart_count: 1 } });
    await navigate("/definitions");
  };
  const attempt = (what: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    what()
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  const infer = async () =>
    change({ schema: text(await client.administration.inferOf(store.name)) });
  return {
    fields,
    change,
    problem,
    isBusy,
    isBroken: problem instanceof StoaError && problem.code === "conflict",
    save: () => attempt(save),
    infer: () => attempt(infer),
  };
}

function fieldsOf(store: StoreEntity): Fields {
  const { title = "", schema, indexes = [], unique = [], search = [] } = store;
  return { title, schema: schema ? text(schema) : "", indexes, unique, search, enforce: false };
}

/** An empty editor means any object. Errors: `validation` for what is no JSON. */
function parsedSchema(written: string): JsonObject | null {
  if (written.trim() === "") return null;
  try {
    return JSON.parse(written) as JsonObject;
  } catch (cause) {
    throw new StoaError("validation", "The schema is not complete JSON yet.", { cause });
  }
}

function text(schema: JsonObject): string {
  return JSON.stringify(schema, null, 2);
}
