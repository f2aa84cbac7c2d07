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
import { Title, useTranslate } from "react-admin";
import { useParams } from "react-router-dom";
import { JsonEditor } from "../entity/json-editor.tsx";
import { useEntity, type Version } from "../entity/use-entity.ts";
import { useLiveEntity } from "../entity/use-live-entity.ts";
import { problemText } from "../problem-text.ts";
import { type StoreEntity, useStore } from "../stores.ts";
import { useRight } from "../use-right.ts";
import { PathSetsInput } from "./path-sets-input.tsx";
import { RemoveStore } from "./remove-store.tsx";
import { useDefinition } from "./use-definition.ts";

export default function DefinitionPage() {
  const { name = "" } = useParams();
  const translate = useTranslate();
  const store = useStore(name);
  const version = useEntity("stores", store?._id ?? null);
  useLiveEntity("stores", store?._id ?? null);
  return (
    <Paper sx={{ mt: 1, p: 2, maxWidth: 900 }}>
      <Title title={name} />
      {version.error && <Alert severity="error">{problemText(version.error, translate)}</Alert>}
      {store && version.data && (
        <DefinitionForm key={store._id} store={store} version={version.data} />
      )}
    </Paper>
  );
}

interface DefinitionFormProps {
  readonly store: StoreEntity;
  readonly version: Version;
}

function DefinitionForm({ store, version }: DefinitionFormProps) {
  const translate = useTranslate();
  const right = useRight("PATCH", ["stores", ":id"]);
  const form = useDefinition(version);
  const { fields, change } = form;
  return (
    <Stack sx={{ gap: 2 }}>
      {form.question}
      {form.isKept && <Alert severity="info">{translate("stoa.unsaved.kept")}</Alert>}
      {form.isOld && <TakeTheirs onTake={form.takeTheirs} />}
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
          control={<Switch onChange={({ target }) => form.enforce(target.checked)} />}
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

function TakeTheirs({ onTake }: { readonly onTake: () => void }) {
  const translate = useTranslate();
  const act = (
    <Button color="inherit" onClick={onTake}>
      {translate("stoa.entity.takeTheirs")}
    </Button>
  );
  return (
    <Alert severity="warning" action={act}>
      {translate("stoa.code.changedElsewhere")}
    </Alert>
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
