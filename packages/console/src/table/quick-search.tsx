/**
 * One field to find something quickly: by its words where the store is searched by words, else by
 * how its name begins.
 */
import SearchIcon from "@mui/icons-material/SearchOutlined";
import { InputAdornment, TextField } from "@mui/material";
import type { Json } from "@stoa/domain";
import { useEffect, useState } from "react";
import { useTranslate } from "react-admin";
import type { Column } from "./columns.ts";
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
  const wanted = JSON.stringify(isByWords ? wordsOf(text) : beginningOf(path, text));
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

function wordsOf(text: string): { search?: string } {
  return /[\p{L}\p{N}]/u.test(text) ? { search: text } : {};
}

/** Texts differ by capitals: what is typed small is also looked for with a capital. */
function beginningOf(path: string | null, text: string): { filter?: Json } {
  const typed = text.trimStart().replaceAll("*", "");
  if (path === null || typed === "") return {};
  const raised = typed.charAt(0).toLocaleUpperCase() + typed.slice(1);
  const likes = [...new Set([typed, raised])].map((one) => ["like", ["property", path], `${one}*`]);
  return { filter: likes.length === 1 ? (likes[0] as Json) : ["or", ...likes] };
}

function namingPath(columns: readonly Column[]): string | null {
  const texts = columns.filter(({ kind }) => kind === "text").map(({ path }) => path);
  const naming = ["name", "title", "label", "login"].find((path) => texts.includes(path));
  const own = texts.filter((path) => !serverPaths.has(path));
  return naming ?? own[0] ?? null;
}

const serverPaths: ReadonlySet<string> = new Set("_id owner group time _at".split(" "));
