/**
 * Conditions of a table, each shown as a chip that can be taken away: a field, an operator and a
 * value, one to one those of the API (`where.`), and an expression of the filter language.
 */
import ExpressionIcon from "@mui/icons-material/DataObjectOutlined";
import FilterIcon from "@mui/icons-material/FilterListOutlined";
import { Box, Button, Chip, Popover } from "@mui/material";
import { lazy, Suspense, useState } from "react";
import { useTranslate } from "react-admin";
import type { Asked } from "./asked.ts";
import type { Column } from "./columns.ts";
import { ConditionForm } from "./condition-form.tsx";
import type { Change } from "./use-asked.ts";

const FilterDialog = lazy(() => import("./filter-dialog.tsx"));

interface FilterBarProps {
  readonly columns: readonly Column[];
  readonly asked: Asked;
  readonly onAsked: (change: Change) => void;
}

export function FilterBar({ columns, asked, onAsked }: FilterBarProps) {
  const translate = useTranslate();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [isWriting, setWriting] = useState(false);
  const { where, filter } = asked;
  const takeAway = (name: string) =>
    onAsked(({ where: all }) => ({
      where: Object.fromEntries(Object.entries(all).filter(([other]) => other !== name)),
    }));
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 0.75, alignItems: "center" }}>
      <Button startIcon={<FilterIcon />} onClick={(event) => setAnchor(event.currentTarget)}>
        {translate("stoa.table.filter")}
      </Button>
      {Object.entries(where).map(([name, value]) => (
        <Chip
          key={name}
          size="small"
          label={conditionText(name, value)}
          onDelete={() => takeAway(name)}
        />
      ))}
      {filter !== "" && (
        <Chip
          size="small"
          icon={<ExpressionIcon />}
          label={filter}
          title={filter}
          onClick={() => setWriting(true)}
          onDelete={() => onAsked({ filter: "" })}
          sx={{ maxWidth: 320, fontFamily: "monospace" }}
        />
      )}
      <Popover
        open={anchor !== null}
        anchorEl={anchor}
        onClose={() => setAnchor(null)}
        anchorOrigin={{ vertical: "bottom", horizontal: "left" }}
      >
        <ConditionForm
          columns={columns}
          onAdd={(name, value) => {
            onAsked(({ where: all }) => ({ where: { ...all, [name]: value } }));
            setAnchor(null);
          }}
          onExpression={() => {
            setAnchor(null);
            setWriting(true);
          }}
        />
      </Popover>
      <Suspense>
        {isWriting && (
          <FilterDialog
            columns={columns}
            filter={filter}
            onFilter={(text) => onAsked({ filter: text })}
            onClose={() => setWriting(false)}
          />
        )}
      </Suspense>
    </Box>
  );
}

/** `population >= 100000`; a list is any of. */
function conditionText(name: string, value: Asked["where"][string]): string {
  const text = Array.isArray(value) ? value.join(" | ") : String(value);
  const [, path = name, operator = "="] = /^(.*?)([<>!=]+)$/s.exec(name) ?? [];
  return `${path} ${operator} ${text}`;
}
