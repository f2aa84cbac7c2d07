/**
 * The input of one field, by its kind. Says what the field becomes; undefined takes it away.
 */
import {
  Autocomplete,
  Box,
  FormControlLabel,
  FormHelperText,
  MenuItem,
  Switch,
  TextField,
  Typography,
} from "@mui/material";
import type { Json, JsonObject } from "@stoa/domain";
import { JsonField } from "./json-field.tsx";
import { ReferenceField } from "./reference-field.tsx";
import { type Field, isObject, type TextFormat } from "./schema-field.ts";

export interface FieldEditorProps {
  readonly field: Field;
  readonly value: Json | undefined;
  readonly isLocked: boolean;
  /** What the server said of it, by path: `{"address.city": "must be text"}`. */
  readonly problems: ReadonlyMap<string, string>;
  readonly path: string;
  readonly onChange: (value: Json | undefined) => void;
}

export function FieldEditor(props: FieldEditorProps) {
  const { field, value, isLocked, problems, path, onChange } = props;
  const problem = problems.get(path);
  const common = {
    label: field.label,
    required: field.isRequired,
    disabled: isLocked,
    error: problem !== undefined,
    helperText: problem ?? field.hint,
    fullWidth: true,
  };
  switch (field.kind.kind) {
    case "choice":
      return (
        <TextField
          select
          {...common}
          value={value ?? ""}
          onChange={(e) => onChange(e.target.value || undefined)}
        >
          <MenuItem value="">—</MenuItem>
          {field.kind.values.map((one) => (
            <MenuItem key={one} value={one}>
              {one}
            </MenuItem>
          ))}
        </TextField>
      );
    case "boolean":
      return <BooleanEditor {...props} hint={problem ?? field.hint} />;
    case "number":
      return <NumberEditor {...props} common={common} />;
    case "text":
      return <TextEditor {...props} common={common} format={field.kind.format} />;
    case "reference":
      return (
        <ReferenceField
          {...common}
          store={field.kind.store}
          value={typeof value === "string" ? value : null}
          onChange={onChange}
        />
      );
    case "texts":
      return (
        <Autocomplete
          multiple
          freeSolo
          disabled={isLocked}
          options={[...field.kind.values]}
          value={Array.isArray(value) ? (value as string[]) : []}
          onChange={(_, texts) => onChange(texts)}
          renderInput={(input) => (
            <TextField {...input} {...common} required={false} disabled={isLocked} />
          )}
        />
      );
    case "group":
      return <GroupEditor {...props} fields={field.kind.fields} />;
    case "json":
      return <JsonField {...common} value={value} onChange={onChange} />;
    default:
      return field.kind satisfies never;
  }
}

function BooleanEditor({
  field,
  value,
  isLocked,
  onChange,
  hint,
}: FieldEditorProps & { hint: string }) {
  const toggle = (
    <Switch
      checked={value === true}
      disabled={isLocked}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
  return (
    <Box>
      <FormControlLabel control={toggle} label={field.label} />
      {hint && <FormHelperText>{hint}</FormHelperText>}
    </Box>
  );
}

type Common = Parameters<typeof TextField>[0];

/** What is not a number yet stays as it is typed, and the server says what it thinks of it. */
function NumberEditor({ value, onChange, common }: FieldEditorProps & { readonly common: Common }) {
  return (
    <TextField
      {...common}
      type="number"
      value={value ?? ""}
      slotProps={{ htmlInput: { step: "any" } }}
      onChange={({ target }) => onChange(target.value === "" ? undefined : Number(target.value))}
    />
  );
}

interface TextEditorProps extends FieldEditorProps {
  readonly common: Common;
  readonly format: TextFormat;
}

function TextEditor({ value, onChange, common, format }: TextEditorProps) {
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  const isDateTime = format === "date-time" && (text === "" || !Number.isNaN(Date.parse(text)));
  if (isDateTime || format === "date") {
    const written = isDateTime ? localTime(text) : text;
    const read = (typed: string) => (isDateTime ? new Date(typed).toISOString() : typed);
    return (
      <TextField
        {...common}
        type={isDateTime ? "datetime-local" : "date"}
        value={written}
        slotProps={{ inputLabel: { shrink: true }, htmlInput: { step: 1 } }}
        onChange={({ target }) => onChange(target.value === "" ? undefined : read(target.value))}
      />
    );
  }
  return (
    <TextField
      {...common}
      type={format === "email" || format === "uri" ? inputTypes[format] : "text"}
      multiline={format === "long"}
      value={text}
      onChange={({ target }) => onChange(target.value === "" ? undefined : target.value)}
    />
  );
}

const inputTypes = { email: "email", uri: "url" } as const;

/** `"2026-11-22T14:05:00Z"` as the browser's clock shows it: `"2026-11-22T15:05:00"`. */
function localTime(text: string): string {
  if (text === "") return "";
  const time = new Date(text);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function GroupEditor(props: FieldEditorProps & { readonly fields: readonly Field[] }) {
  const { field, fields, value, path, onChange } = props;
  const inner = isObject(value) ? value : {};
  return (
    <Box component="fieldset" sx={{ border: 1, borderColor: "divider", borderRadius: 1, px: 2 }}>
      <Typography component="legend" variant="caption" sx={{ px: 0.5 }}>
        {field.label}
      </Typography>
      {fields.map((one) => (
        <FieldEditor
          key={one.name}
          {...props}
          field={one}
          path={`${path}.${one.name}`}
          value={inner[one.name]}
          onChange={(changed) => onChange(withField(inner, one.name, changed))}
        />
      ))}
    </Box>
  );
}

export function withField(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  const others = Object.entries(object).filter(([key]) => key !== name);
  if (value === undefined) return Object.fromEntries(others);
  const isNew = !Object.hasOwn(object, name);
  if (isNew) return Object.fromEntries([...others, [name, value]]);
  return Object.fromEntries(
    Object.entries(object).map(([key, was]) => [key, key === name ? value : was]),
  );
}
