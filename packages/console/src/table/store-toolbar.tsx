/**
 * What stands above a table: how much there is, filters, columns.
 */
import { Box, Typography } from "@mui/material";
import { useLocaleState, useTranslate } from "react-admin";
import { ColumnChooser } from "./column-chooser.tsx";
import type { Column } from "./columns.ts";
import { FilterBar } from "./filter-bar.tsx";
import type { Wish } from "./use-rows.ts";

export interface Sort {
  readonly path: string;
  readonly descending: boolean;
}

export interface StoreToolbarProps {
  readonly store: string;
  readonly total: number | undefined;
  readonly columns: {
    readonly offered: readonly Column[];
    readonly paths: readonly string[];
    readonly choose: (paths: string[] | null) => void;
  };
  readonly choice: Omit<Wish, "sortBy">;
  readonly sort: Sort | null;
  readonly selected: ReadonlySet<string>;
  readonly onChoice: (choice: Omit<Wish, "sortBy">) => void;
  readonly onSelected: (selected: ReadonlySet<string>) => void;
}

export function StoreToolbar({ total, columns, choice, onChoice }: StoreToolbarProps) {
  const translate = useTranslate();
  const [locale] = useLocaleState();
  const figure = total === undefined ? "" : new Intl.NumberFormat(locale).format(total);
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1, p: 1 }}>
      <FilterBar columns={columns.offered} choice={choice} onChoice={onChoice} />
      <Typography variant="body2" color="text.secondary" sx={{ ml: "auto" }} role="status">
        {total === undefined ? "" : translate("stoa.table.total", { smart_count: total, figure })}
      </Typography>
      <ColumnChooser {...columns} />
    </Box>
  );
}
