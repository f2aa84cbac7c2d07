/**
 * A table of any length: draws the rows in sight and asks for them as one scrolls. Knows no store;
 * what a row is and what a click on it does comes from outside.
 */
import ArrowDownIcon from "@mui/icons-material/ArrowDownward";
import ArrowUpIcon from "@mui/icons-material/ArrowUpward";
import { Box, ButtonBase, Checkbox, Skeleton } from "@mui/material";
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import { useTranslate } from "react-admin";
import { Unseen } from "../layout/unseen.tsx";
import { type Range, rangeAt, type Track, trackHeight } from "./scroll-range.ts";

export interface GridColumn<R> {
  readonly path: string;
  readonly label: string;
  readonly isNumber: boolean;
  readonly textOf: (row: R) => string;
}

export interface GridProps<R> {
  readonly label: string;
  readonly total: number;
  readonly columns: readonly GridColumn<R>[];
  readonly rowAt: (index: number) => R | undefined;
  readonly keyOf: (row: R) => string;
  readonly sort: { readonly path: string; readonly descending: boolean } | null;
  readonly isSelected: (row: R) => boolean;
  /** What has just changed. */
  readonly marked: ReadonlySet<string>;
  /** What is about to go or to change. */
  readonly pending: ReadonlySet<string>;
  readonly onSort: (path: string) => void;
  readonly onRange: (range: Range) => void;
  readonly onOpen: (row: R) => void;
  readonly onSelect: (row: R) => void;
  /** Said in place of rows. */
  readonly children?: ReactNode;
}

const rowHeight = 38;

export function EntityGrid<R>(props: GridProps<R>) {
  const view = useRef<HTMLDivElement>(null);
  const { range, track } = useRange(view, props.total, props.onRange);
  const indexes = Array.from({ length: range.end - range.first }, (_, at) => range.first + at);
  const template = `44px repeat(${props.columns.length}, minmax(120px, 1fr))`;
  return (
    <Box sx={{ flexGrow: 1, minHeight: 240, position: "relative" }}>
      <Box
        ref={view}
        role="grid"
        aria-label={props.label}
        aria-rowcount={props.total + 1}
        tabIndex={0}
        sx={{ position: "absolute", inset: 0, overflow: "auto" }}
      >
        <Head {...props} template={template} />
        <Box
          role="rowgroup"
          sx={{ height: trackHeight(track), position: "relative", minWidth: "fit-content" }}
        >
          <Box sx={{ position: "absolute", insetInline: 0, top: range.top }}>
            {indexes.map((index) => (
              <GridRow key={index} {...props} index={index} template={template} />
            ))}
          </Box>
        </Box>
      </Box>
      <Box sx={{ position: "absolute", insetInline: 0, top: rowHeight }}>{props.children}</Box>
    </Box>
  );
}

/** What is in sight, told outside whenever it changes. */
function useRange(
  view: RefObject<HTMLDivElement | null>,
  rows: number,
  onRange: (range: Range) => void,
) {
  const [scrollTop, setScrollTop] = useState(0);
  const [viewHeight, setViewHeight] = useState(600);
  useEffect(() => {
    const element = view.current;
    if (!element) return;
    const read = () => setScrollTop(element.scrollTop);
    const watch = new ResizeObserver(() => setViewHeight(element.clientHeight - rowHeight));
    watch.observe(element);
    element.addEventListener("scroll", read, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener("scroll", read);
    };
  }, [view]);
  const track: Track = { rows, rowHeight, viewHeight };
  const range = rangeAt(track, scrollTop);
  const { first, end } = range;
  useEffect(() => onRange({ first, end, top: 0 }), [first, end, onRange]);
  return { range, track };
}

function Head<R>({
  columns,
  sort,
  onSort,
  template,
}: GridProps<R> & { readonly template: string }) {
  return (
    <Box role="row" aria-rowindex={1} sx={{ ...line, ...stuck, gridTemplateColumns: template }}>
      <Box role="columnheader">
        <Unseen text="stoa.table.select" />
      </Box>
      {columns.map(({ path, label, isNumber }) => {
        const isSorted = sort?.path === path;
        const order = sort?.descending ? "descending" : "ascending";
        const Arrow = sort?.descending ? ArrowDownIcon : ArrowUpIcon;
        return (
          <Box key={path} role="columnheader" aria-sort={isSorted ? order : "none"} sx={cell}>
            <ButtonBase
              onClick={() => onSort(path)}
              sx={{ font: "inherit", width: 1, justifyContent: isNumber ? "end" : "start" }}
            >
              {label}
              <Arrow sx={{ fontSize: 14, ml: 0.5, opacity: isSorted ? 1 : 0 }} />
            </ButtonBase>
          </Box>
        );
      })}
    </Box>
  );
}

function GridRow<R>(props: GridProps<R> & { readonly index: number; readonly template: string }) {
  const { index, template, columns, keyOf, onOpen, onSelect, marked, pending } = props;
  const translate = useTranslate();
  const row = props.rowAt(index);
  const key = row === undefined ? "" : keyOf(row);
  const isSelected = row !== undefined && props.isSelected(row);
  const onKey = (event: KeyboardEvent) => {
    if (leadElsewhere(event) || row === undefined) return;
    if (event.key === "Enter") onOpen(row);
    else if (event.key === " ") onSelect(row);
    else return;
    event.preventDefault();
  };
  return (
    <Box
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      onClick={() => row !== undefined && onOpen(row)}
      sx={{
        ...line,
        ...hover,
        gridTemplateColumns: template,
        ...(marked.has(key) && flash),
        ...(pending.has(key) && fading),
      }}
    >
      <Box role="gridcell" onClick={(event) => event.stopPropagation()}>
        <Checkbox
          size="small"
          checked={isSelected}
          disabled={row === undefined}
          onChange={() => row !== undefined && onSelect(row)}
          slotProps={{ input: { "aria-label": translate("stoa.table.select") } }}
        />
      </Box>
      {columns.map(({ path, isNumber, textOf }, at) => (
        <Box
          key={path}
          role="gridcell"
          tabIndex={at === 0 && row !== undefined ? 0 : undefined}
          onKeyDown={at === 0 ? onKey : undefined}
          sx={{ ...cell, ...(isNumber && figure) }}
        >
          {row === undefined ? <Skeleton width="60%" /> : textOf(row)}
        </Box>
      ))}
    </Box>
  );
}

/** Up and down lead to the row before and behind, which is drawn even where it is out of sight. */
function leadElsewhere(event: KeyboardEvent): boolean {
  const row = event.currentTarget.closest("[role=row]");
  const sides = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling };
  const other = sides[event.key as keyof typeof sides];
  if (!other) return false;
  event.preventDefault();
  other.querySelector<HTMLElement>("[role=gridcell][tabindex='0']")?.focus();
  return true;
}

const line = {
  display: "grid",
  alignItems: "center",
  height: rowHeight,
  borderBottom: 1,
  borderColor: "divider",
  minWidth: "fit-content",
} as const;
const hover = {
  cursor: "pointer",
  "&:hover": { bgcolor: "action.hover" },
  "&[aria-selected=true]": { bgcolor: "action.selected" },
} as const;
const stuck = {
  position: "sticky",
  top: 0,
  zIndex: 2,
  bgcolor: "background.paper",
  fontWeight: 600,
} as const;
const cell = {
  px: 1.25,
  overflow: "hidden",
  textOverflow: "ellipsis",
  whiteSpace: "nowrap",
} as const;
const figure = { textAlign: "end", fontVariantNumeric: "tabular-nums" } as const;
const fading = { opacity: 0.45, textDecoration: "line-through" } as const;
const flash = {
  animation: "stoa-changed 2s ease-out",
  "@keyframes stoa-changed": { from: { backgroundColor: "rgba(255, 193, 7, .35)" } },
  "@media (prefers-reduced-motion: reduce)": { animation: "none" },
} as const;
