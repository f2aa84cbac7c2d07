/**
 * All fields of an entity with their values, as the API serves them, on a page of its own.
 */
import { Alert, Box, Link, Paper, Table, TableBody, TableCell, TableRow } from "@mui/material";
import { Title, useTranslate } from "react-admin";
import { useParams } from "react-router-dom";
import { problemText } from "../problem-text.ts";
import { timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { EntityId, entityPath } from "./entity-id.tsx";
import { useEntity } from "./use-entity.ts";

export default function ConfigurationPage() {
  const { store = "", id = "" } = useParams();
  const translate = useTranslate();
  const locale = useFormatLocale();
  const found = useEntity(store, id);
  const path = entityPath(store, id);
  return (
    <Paper sx={{ mt: 1, p: 2, overflow: "auto" }}>
      <Title title="stoa.entity.configuration" />
      <EntityId store={store} id={id} isOpen />
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      <Table size="small" sx={{ mt: 1 }}>
        <TableBody>
          {Object.entries(found.data?.entity ?? {}).map(([name, value]) => (
            <TableRow key={name}>
              <TableCell component="th" scope="row" sx={{ fontWeight: 600, width: 200 }}>
                {name}
              </TableCell>
              <TableCell sx={{ fontFamily: "monospace", whiteSpace: "pre-wrap" }}>
                {JSON.stringify(value, null, 2)}
                {(name === "time" || name === "_at") && typeof value === "number" && (
                  <Box component="span" sx={{ color: "text.secondary", ml: 2 }}>
                    {timeText(value, locale)}
                  </Box>
                )}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      <Link href={path} target="_blank" rel="noopener" sx={{ display: "inline-block", mt: 2 }}>
        {path}
      </Link>
    </Paper>
  );
}
