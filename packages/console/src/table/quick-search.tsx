/**
 * One field to find something quickly: by its words where the store is searched by words, else by
 * how its name begins.
 */
import SearchIcon from "@mui/icons-material/SearchOutlined";
import { InputAdornment, TextField } from "@mui/material";
import { useEffect, useRef, useState } from "react";
import { useTranslate } from "react-admin";
import type { Column } from "./columns.ts";
import { namingPath, type Quick, quickOf } from "./quick-choice.ts";

interface QuickSearchProps {
  /** Paths that the store is searched by; none where it is not. */
  readonly searched: readonly string[];
  readonly columns: readonly Column[];
  readonly quick: Quick | null;
  readonly onQuick: (quick: Quick | null) => void;
}

export function QuickSearch({ searched, columns, quick, onQuick }: QuickSearchProps) {
  const translate = useTranslate();
  const isByWords = searched.length > 0;
  const path = isByWords ? null : (quick?.path ?? namingPath(columns));
  const [text, setText] = useSettled(quick?.text ?? "", (typed) => onQuick(quickOf(typed, path)));
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

const settleMs = 250;

/** A text that is told when it has not changed for a moment, and that follows what is outside. */
function useSettled(outside: string, tell: (text: string) => void) {
  const [text, setText] = useState(outside);
  /** What was told last, and before it what has not come back from outside yet. */
  const told = useRef([outside]);
  const teller = useRef(tell);
  teller.current = tell;
  useEffect(() => {
    if (text === told.current.at(-1)) return;
    const timer = window.setTimeout(() => {
      told.current.push(text);
      teller.current(text);
    }, settleMs);
    return () => window.clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    const at = told.current.indexOf(outside);
    if (at !== -1) {
      told.current.splice(0, at);
      return;
    }
    told.current = [outside];
    setText(outside);
  }, [outside]);
  return [text, setText] as const;
}
