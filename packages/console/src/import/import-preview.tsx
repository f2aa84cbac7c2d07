/**
 * What the first rows of a file would come to.
 */
import {
  Alert,
  Skeleton,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from "@mui/material";
import type { PreviewRow } from "@stoa/client";
import { useQuery } from "@tanstack/react-query";
import { useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { ownFields } from "../entity/use-entity.ts";
import { problemText } from "../problem-text.ts";
import { cellText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { type Chosen, rowError } from "./importing.ts";

interface ImportPreviewProps {
  readonly store: string;
  readonly chosen: Chosen;
}

const rowsShown = 20;
const columnsMax = 12;

export function ImportPreview({ store, chosen: { file, question } }: ImportPreviewProps) {
  const translate = useTranslate();
  const { name, size, lastModified } = file;
  const found = useQuery({
    queryKey: ["stoa", "preview", store, name, size, lastModified, question],
    queryFn: ({ signal }) =>
      client.jobs.preview(store, file, { ...question, limit: rowsShown }, { signal }),
    retry: false,
  });
  return (
    <section aria-label={translate("stoa.import.preview")}>
      <Typography component="h2" variant="subtitle2" gutterBottom>
        {translate("stoa.import.preview")}
      </Typography>
      {found.isPending && <Skeleton variant="rounded" height={240} />}
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      {found.data && <Rows rows={found.data} />}
    </section>
  );
}

function Rows({ rows }: { readonly rows: readonly PreviewRow[] }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const fields = rows.map(({ entity }) => (entity ? ownFields(entity) : {}));
  const names = [...new Set(fields.flatMap((one) => Object.keys(one)))].slice(0, columnsMax);
  return (
    <TableContainer tabIndex={0}>
      <Table size="small">
        <TableHead>
          <TableRow>
            <TableCell>{translate("stoa.import.row")}</TableCell>
            <TableCell>{translate("stoa.import.problem")}</TableCell>
            {names.map((name) => (
              <TableCell key={name}>{name}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map(({ row, error }, at) => (
            <TableRow key={row}>
              <TableCell>{row}</TableCell>
              <TableCell sx={{ color: error ? "error.main" : "success.main" }}>
                {error ? problemText(rowError(error), translate) : translate("stoa.import.fine")}
              </TableCell>
              {names.map((name) => (
                <TableCell key={name} sx={{ whiteSpace: "nowrap" }}>
                  {cellText(fields[at]?.[name], name, locale)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
