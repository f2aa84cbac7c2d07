/**
 * Asks for a field and a value that many entities shall have.
 */
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  TextField,
} from "@mui/material";
import type { Json, JsonObject } from "@stoa/domain";
import { useState } from "react";
import { useTranslate } from "react-admin";
import { FieldEditor } from "../entity/field-editor.tsx";
import { fieldsOf } from "../entity/schema-field.ts";
import { ownFields } from "../entity/use-entity.ts";
import { useStore } from "../stores.ts";
import type { Row } from "./use-rows.ts";

interface BulkEditProps {
  readonly store: string;
  readonly count: number;
  /** Whether it begins at once and cannot be undone. */
  readonly isForGood: boolean;
  readonly sample: Row | undefined;
  readonly onClose: () => void;
  readonly onApply: (patch: JsonObject) => void;
}

const noProblems = new Map<string, string>();

export default function BulkEdit(props: BulkEditProps) {
  const { store, count, isForGood, sample, onClose, onApply } = props;
  const translate = useTranslate();
  const schema = useStore(store)?.schema;
  const [name, setName] = useState("");
  const [value, setValue] = useState<Json | undefined>(undefined);
  const fields = fieldsOf(schema, sample ? ownFields(sample) : {});
  const field = fields.find((one) => one.name === name);
  const pick = (picked: string) => {
    setName(picked);
    setValue(undefined);
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="xs">
      <DialogTitle>{translate("stoa.table.bulkTitle", { smart_count: count })}</DialogTitle>
      <DialogContent>
        {isForGood && (
          <Alert severity="warning" sx={{ mb: 1 }}>
            {translate("stoa.table.changeAllText")}
          </Alert>
        )}
        <TextField
          select
          fullWidth
          label={translate("stoa.table.field")}
          value={name}
          onChange={({ target }) => pick(target.value)}
        >
          {fields.map((one) => (
            <MenuItem key={one.name} value={one.name}>
              {one.label}
            </MenuItem>
          ))}
        </TextField>
        {field && (
          <FieldEditor
            key={field.name}
            field={field}
            path={field.name}
            value={value}
            isLocked={false}
            problems={noProblems}
            onChange={setValue}
          />
        )}
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{translate("stoa.action.cancel")}</Button>
        <Button
          variant="contained"
          disabled={!field}
          onClick={() => onApply({ [name]: value ?? null })}
        >
          {translate("stoa.table.bulkApply")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
