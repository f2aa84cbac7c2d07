/**
 * Sets of paths, as indexes and unique sets are: each written as `country, name`.
 */
import { Autocomplete, TextField } from "@mui/material";
import { useTranslate } from "react-admin";

interface PathSetsInputProps {
  readonly label: string;
  readonly sets: readonly (readonly string[])[];
  readonly onChange: (sets: readonly (readonly string[])[]) => void;
}

export function PathSetsInput({ label, sets, onChange }: PathSetsInputProps) {
  const translate = useTranslate();
  return (
    <Autocomplete
      multiple
      freeSolo
      options={[] as string[]}
      value={sets.map((paths) => paths.join(", "))}
      onChange={(_, texts) => onChange(texts.map(pathsOf).filter((paths) => paths.length > 0))}
      renderInput={(input) => (
        <TextField {...input} label={label} helperText={translate("stoa.definition.setsHint")} />
      )}
    />
  );
}

function pathsOf(text: string): string[] {
  return text
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "");
}
