/**
 * What stands above a table: how much there is, search, filters, columns, and what can be done.
 */
import { Box, Typography } from "@mui/material";
import { useTranslate } from "react-admin";
import { useFormatLocale } from "../text/use-format-locale.ts";
import type { Asked } from "./asked.ts";
import { ColumnChooser } from "./column-chooser.tsx";
import type { Column } from "./columns.ts";
import { FilterBar } from "./filter-bar.tsx";
import { QuickSearch } from "./quick-search.tsx";
import type { Selection } from "./selection.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { StoreActions } from "./store-actions.tsx";
import type { Change } from "./use-asked.ts";
import type { Bulk } from "./use-bulk.ts";
import type { Row, Wish } from "./use-rows.ts";

interface StoreToolbarProps {
  readonly store: string;
  readonly searched: readonly string[];
  readonly total: number | undefined;
  readonly columns: {
    readonly offered: readonly Column[];
    readonly paths: readonly string[];
    readonly choose: (paths: string[] | null) => void;
  };
  readonly asked: Asked;
  readonly wish: Wish;
  readonly selection: Selection;
  readonly sample: Row | undefined;
  readonly bulk: Bulk;
  readonly onAsked: (change: Change) => void;
  readonly onSelection: (selection: Selection) => void;
}

/** On a phone an icon says what a button does; its word is still there to be heard. */
const brief = {
  "@media (max-width: 599px)": {
    "& .MuiButton-root:has(.MuiButton-startIcon)": { fontSize: 0, minWidth: 40, px: 1 },
    "& .MuiButton-startIcon": { m: 0 },
  },
} as const;

export function StoreToolbar(props: StoreToolbarProps) {
  const { store, searched, total, columns, asked, wish, selection, onAsked } = props;
  const translate = useTranslate();
  const locale = useFormatLocale();
  const figure = total === undefined ? "" : new Intl.NumberFormat(locale).format(total);
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1, p: 1, ...brief }}>
      <QuickSearch
        searched={searched}
        columns={columns.offered}
        quick={asked.quick}
        onQuick={(quick) => onAsked({ quick })}
      />
      {selection.isAll || selection.ids.size > 0 ? (
        <SelectionBar {...props} />
      ) : (
        <>
          <FilterBar columns={columns.offered} asked={asked} onAsked={onAsked} />
          <StoreActions store={store} wish={wish} paths={columns.paths} />
        </>
      )}
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, ml: "auto" }}>
        <Typography variant="body2" color="textSecondary" role="status" sx={{ minHeight: 20 }}>
          {total === undefined ? "" : translate("stoa.table.total", { smart_count: total, figure })}
        </Typography>
        <ColumnChooser {...columns} />
      </Box>
    </Box>
  );
}
