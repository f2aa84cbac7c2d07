/**
 * Conditions of a table: each a field, an operator and a value, shown as a chip that can be taken
 * away. They are those of the API (`where.`), one to one.
 */
import FilterIcon from "@mui/icons-material/FilterListOutlined";
import { Box, Button, Chip, MenuItem, Popover, TextField } from "@mui/material";
import type { Scalar, Where } from "@stoa/client";
import { type FormEvent, useState } from "react";
import { useTranslate } from "react-admin";
import type { Column } from "./columns.ts";
import type { Wish } from "./use-rows.ts";

const operators = ["=", "!=", ">=", "<=", ">", "<"] as const;

interface FilterBarProps {
  readonly columns: readonly Column[];
  readonly choice: Omit<Wish, "sortBy">;
  readonly onChoice: (choice: Omit<Wish, "sortBy">) => void;
}

export function FilterBar({ columns, choice, onChoice }: FilterBarProps) {
  const translate = useTranslate();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const where = choice.where ?? {};
  const change = (next: Where) => {
    const { where: _, ...rest } = choice;
    onChoice(Object.keys(next).length > 0 ? { ...rest, where: next } : rest);
  };
  const remove = (name: string) =>
    change(Object.fromEntries(Object.entries(where).filter(([other]) => other !== name)));
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 0.75, alignItems: "center" }}>
      <Button startIcon={<FilterIcon />} onClick={(event) => setAnchor(event.currentTarget)}>
        {translate("stoa.table.filter")}
      </Button>
      {Object.entries(where).map(([name, value]) => (
        <Chip
          key={name}
          size="small"
          label={conditionText(name, value as Scalar)}
          onDelete={() => remove(name)}
        />
      ))}
      <Popover
        open={anchor !== null}
        anchorEl={anchor}
        onClose={() => setAnchor(null)}
        anchorOrigin={{ vertical: "bottom", horizontal: "left" }}
      >
        <ConditionForm
          columns={columns}
          onAdd={(name, value) => {
            change({ ...where, [name]: value });
            setAnchor(null);
          }}
        />
      </Popover>
    </Box>
  );
}

interface ConditionFormProps {
  readonly columns: readonly Column[];
  readonly onAdd: (name: string, value: Scalar) => void;
}

function ConditionForm({ columns, onAdd }: ConditionFormProps) {
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
    <Box
      component="form"
      onSubmit={submit}
      sx={{ display: "flex", flexWrap: "wrap", gap: 1, p: 2 }}
    >
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
  );
}

/** As the API types values: what is JSON is that, save where the field holds texts. */
function typed(text: string, isText: boolean): Scalar {
  if (isText) return text;
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function conditionText(name: string, value: Scalar): string {
  return /[<>=]$/.test(name) ? `${name} ${value}` : `${name} = ${value}`;
}
