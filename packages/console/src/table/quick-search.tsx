/**
 * One field to find something quickly: by its words where the store is searched by words, else by
 * how its name begins.
 */
import SearchIcon from "@mui/icons-material/SearchOutlined";
import { InputAdornment, TextField } from "@mui/material";
import { useEffect, useState } from "react";
import { useTranslate } from "react-admin";
import type { Column } from "./columns.ts";
import { namingPath, quickChoice } from "./quick-choice.ts";
import type { Wish } from "./use-rows.ts";

interface QuickSearchProps {
  /** Paths that the store is searched by; none where it is not. */
  readonly searched: readonly string[];
  readonly columns: readonly Column[];
  readonly choice: Omit<Wish, "sortBy">;
  readonly onChoice: (choice: Omit<Wish, "sortBy">) => void;
}

const settleMs = 250;

export function QuickSearch({ searched, columns, choice, onChoice }: QuickSearchProps) {
  const translate = useTranslate();
  const [text, setText] = useState(choice.search ?? "");
  const isByWords = searched.length > 0;
  const path = namingPath(columns);
  const wanted = JSON.stringify(quickChoice(text, { searched, path }));
  useEffect(() => {
    const { search: _, filter: __, ...rest } = choice;
    const next = { ...rest, ...(JSON.parse(wanted) as object) };
    if (JSON.stringify(next) === JSON.stringify(choice)) return;
    const timer = window.setTimeout(() => onChoice(next), settleMs);
    return () => window.clearTimeout(timer);
  }, [wanted, choice, onChoice]);
  if (!isByWords && path === null) return null;
  const hint = isByWords
    ? translate("stoa.table.searchWords")
    : translate("stoa.table.searchBegins", { field: path });
  return (
    <TextField
      type="search"
      value={text}
      onChange={({ target }) => setText(target.value)}
      placeholder={hint}
      margin="none"
      slotProps={{
        input: {
          startAdornment: (
            <InputAdornment position="start">
              <SearchIcon fontSize="small" />
            </InputAdornment>
          ),
        },
        htmlInput: { "aria-label": translate("stoa.table.search") },
      }}
      sx={{ width: { xs: 1, sm: 260 } }}
    />
  );
}
