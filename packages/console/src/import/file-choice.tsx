/**
 * Chooses the file and says how it is to be read: guessed from its name and its first line.
 */
import FileIcon from "@mui/icons-material/UploadFileOutlined";
import {
  Box,
  Button,
  FormControlLabel,
  MenuItem,
  Switch,
  TextField,
  Typography,
} from "@mui/material";
import type { ImportQuestion } from "@stoa/client";
import { useRef } from "react";
import { useTranslate } from "react-admin";
import type { Chosen } from "./importing.ts";

interface FileChoiceProps {
  readonly chosen: Chosen | null;
  readonly onChosen: (chosen: Chosen) => void;
}

const formats = ["csv", "ndjson", "json"] as const;
const delimiters = [
  { value: ",", text: "comma" },
  { value: ";", text: "semicolon" },
  { value: "tab", text: "tab" },
  { value: "|", text: "bar" },
] as const;

export function FileChoice({ chosen, onChosen }: FileChoiceProps) {
  const translate = useTranslate();
  const input = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined) => {
    if (file) void questionOf(file).then((question) => onChosen({ file, question }));
  };
  const change = (some: Partial<ImportQuestion>) =>
    chosen && onChosen({ ...chosen, question: { ...chosen.question, ...some } });
  return (
    <>
      <Box
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          take(event.dataTransfer.files[0]);
        }}
        sx={{
          border: 1,
          borderStyle: "dashed",
          borderColor: "text.disabled",
          borderRadius: 2,
          p: 3,
        }}
      >
        <Button variant="outlined" startIcon={<FileIcon />} onClick={() => input.current?.click()}>
          {translate("stoa.import.choose")}
        </Button>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.json,.ndjson,.jsonl,text/csv,application/json"
          style={{ display: "none" }}
          onChange={({ target }) => take(target.files?.[0])}
        />
        <Typography component="span" color="textSecondary" sx={{ ml: 2 }}>
          {chosen ? chosen.file.name : translate("stoa.import.drop")}
        </Typography>
      </Box>
      {chosen && <Reading question={chosen.question} onChange={change} />}
    </>
  );
}

interface ReadingProps {
  readonly question: ImportQuestion;
  readonly onChange: (some: Partial<ImportQuestion>) => void;
}

function Reading({ question, onChange }: ReadingProps) {
  const translate = useTranslate();
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 2, alignItems: "center" }}>
      <TextField
        select
        label={translate("stoa.import.format")}
        value={question.format}
        onChange={({ target }) => onChange({ format: target.value as ImportQuestion["format"] })}
      >
        {formats.map((format) => (
          <MenuItem key={format} value={format}>
            {format.toUpperCase()}
          </MenuItem>
        ))}
      </TextField>
      {question.format === "csv" && (
        <TextField
          select
          label={translate("stoa.import.delimiter")}
          value={question.delimiter}
          onChange={({ target }) =>
            onChange({ delimiter: target.value as NonNullable<ImportQuestion["delimiter"]> })
          }
        >
          {delimiters.map(({ value, text }) => (
            <MenuItem key={value} value={value}>
              {translate(`stoa.import.${text}`)}
            </MenuItem>
          ))}
        </TextField>
      )}
      <FormControlLabel
        control={
          <Switch
            checked={question.upsert ?? false}
            onChange={({ target }) => onChange({ upsert: target.checked })}
          />
        }
        label={translate("stoa.import.upsert")}
      />
    </Box>
  );
}

async function questionOf(file: File): Promise<ImportQuestion> {
  const begin = await file.slice(0, 4_096).text();
  const line = begin.split("\n", 1)[0] ?? "";
  if (/\.(ndjson|jsonl)$/i.test(file.name)) return { format: "ndjson", delimiter: "," };
  if (/\.json$/i.test(file.name)) return { format: "json", delimiter: "," };
  const often = (sign: string) => line.split(sign).length;
  const signs = [",", ";", "\t", "|"].sort((one, other) => often(other) - often(one));
  const delimiter = signs[0] === "\t" ? "tab" : (signs[0] as "," | ";" | "|");
  return { format: "csv", delimiter };
}
