/**
 * A field of any shape, written as JSON. What cannot be read yet stays as it is typed and is told.
 */
import { TextField } from "@mui/material";
import type { Json } from "@stoa/domain";
import { useEffect, useState } from "react";
import { useTranslate } from "react-admin";

interface JsonFieldProps {
  readonly label: string;
  readonly disabled: boolean;
  readonly error: boolean;
  readonly helperText: string;
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
}

export function JsonField({ value, onChange, helperText, error, ...input }: JsonFieldProps) {
  const translate = useTranslate();
  const [text, setText] = useState(() => written(value));
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    // Another value came from outside; what is being typed has the same meaning and stays.
    setText((typed) => (sameMeaning(typed, value) ? typed : written(value)));
  }, [value]);
  const change = (typed: string) => {
    setText(typed);
    const parsed = parse(typed);
    setBroken(parsed === broken);
    if (parsed !== broken) onChange(parsed);
  };
  return (
    <TextField
      {...input}
      multiline
      fullWidth
      maxRows={14}
      value={text}
      error={error || isBroken}
      helperText={isBroken ? translate("stoa.entity.notJson") : helperText}
      onChange={({ target }) => change(target.value)}
      slotProps={{ input: { sx: { fontFamily: "monospace", fontSize: 13 } } }}
    />
  );
}

const broken = Symbol("broken");

function parse(text: string): Json | undefined | typeof broken {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return broken;
  }
}

function written(value: Json | undefined): string {
  return value === undefined ? "" : JSON.stringify(value, null, 2);
}

function sameMeaning(text: string, value: Json | undefined): boolean {
  const parsed = parse(text);
  return parsed !== broken && written(parsed) === written(value);
}
