/**
 * Asks for one condition: a field, an operator and a value.
 */
import ExpressionIcon from "@mui/icons-material/DataObjectOutlined";
import { Box, Button, MenuItem, TextField } from "@mui/material";
import type { Scalar } from "@stoa/client";
import type { FormEvent } from "react";
import { useTranslate } from "react-admin";
import type { Column } from "./columns.ts";

interface ConditionFormProps {
  readonly columns: readonly Column[];
  readonly onAdd: (name: string, value: Scalar) => void;
  /** Something that conditions do not say. */
  readonly onExpression: () => void;
}

const operators = ["=", "!=", ">=", "<=", ">", "<"] as const;

export function ConditionForm({ columns, onAdd, onExpression }: ConditionFormProps) {
  const translate = useTranslate();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const path = String(fields.get("path"));
    const operator = String(fields.get("operator"));
    const isText = columns.find((column) => column.path === path)?.kind === "text";
    const value = typed(String(fields.get("value")), isText);
    onAdd(operator === "=" ? path : path + operator, value);
  };
  return (
    <Box sx={{ p: 2 }}>
      <Box component="form" onSubmit={submit} sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
        <TextField
          select
          name="path"
          label={translate("stoa.table.field")}
          required
          defaultValue=""
          sx={{ minWidth: 160 }}
        >
          {columns.map(({ path }) => (
            <MenuItem key={path} value={path}>
              {path}
            </MenuItem>
          ))}
        </TextField>
        <TextField select name="operator" label={translate("stoa.table.operator")} defaultValue="=">
          {operators.map((operator) => (
            <MenuItem key={operator} value={operator}>
              {operator}
            </MenuItem>
          ))}
        </TextField>
        <TextField name="value" label={translate("stoa.table.value")} autoComplete="off" />
        <Button type="submit" variant="contained" sx={{ alignSelf: "center" }}>
          {translate("stoa.action.add")}
        </Button>
      </Box>
      <Button startIcon={<ExpressionIcon />} onClick={onExpression} sx={{ mt: 1 }}>
        {translate("stoa.filter.write")}
      </Button>
    </Box>
  );
}

/** As the API types values: what is JSON is that, save where the field holds texts. */
function typed(text: string, isText: boolean): Scalar {
  if (isText) return text;
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
