/**
 * Rows that were not taken and why, which can be kept as a file.
 */
import {
  Button,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
} from "@mui/material";
import type { RefusedRow } from "@stoa/client";
import { useTranslate } from "react-admin";
import { problemText } from "../problem-text.ts";
import { rowError } from "./importing.ts";

interface RefusedRowsProps {
  readonly store: string;
  readonly rows: readonly RefusedRow[];
}

const rowsShown = 100;

export function RefusedRows({ store, rows }: RefusedRowsProps) {
  const translate = useTranslate();
  return (
    <>
      <Button
        variant="outlined"
        onClick={() => save(`${store}-refused.csv`, reportText(rows))}
        sx={{ alignSelf: "flex-start" }}
      >
        {translate("stoa.import.report")}
      </Button>
      <TableContainer tabIndex={0} sx={{ maxHeight: 400 }}>
        <Table size="small" stickyHeader aria-label={translate("stoa.import.problem")}>
          <TableHead>
            <TableRow>
              <TableCell sx={{ width: 90 }}>{translate("stoa.import.row")}</TableCell>
              <TableCell>{translate("stoa.import.problem")}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {rows.slice(0, rowsShown).map((refused) => (
              <TableRow key={refused.row}>
                <TableCell>{refused.row}</TableCell>
                <TableCell>{problemText(rowError(refused), translate)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </>
  );
}

function reportText(rows: readonly RefusedRow[]): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = rows.map(({ row, code, message }) => `${row},${code},${quoted(message)}`);
  return ["row,code,message", ...lines, ""].join("\n");
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
