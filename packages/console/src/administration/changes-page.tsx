/**
 * What happens in the stores, as it happens, the newest first; it can be paused to read.
 */
import {
  Alert,
  Box,
  Button,
  Chip,
  MenuItem,
  Paper,
  Skeleton,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  TextField,
  Typography,
} from "@mui/material";
import { useState } from "react";
import { Title, useTranslate } from "react-admin";
import { Link } from "react-router-dom";
import { entityTitle } from "../entity/entity-title.ts";
import { wideOnly } from "../layout/wide-only.ts";
import { PrincipalName } from "../principal-name.tsx";
import { problemText } from "../problem-text.ts";
import { useStores } from "../stores.ts";
import { timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { type FeedLine, useFeed } from "./use-feed.ts";

export default function ChangesPage() {
  const translate = useTranslate();
  const stores = useStores().data ?? [];
  const [store, setStore] = useState("");
  const feed = useFeed(store);
  return (
    <Paper sx={{ mt: 1, p: 2 }}>
      <Title title="stoa.menu.changes" />
      <Typography color="textSecondary">{translate("stoa.changes.about")}</Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "center", my: 1 }}>
        <TextField
          select
          label={translate("stoa.changes.store")}
          value={store}
          onChange={({ target }) => setStore(target.value)}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
          sx={{ minWidth: 220 }}
        >
          <MenuItem value="">{translate("stoa.changes.all")}</MenuItem>
          {stores.map(({ name, title }) => (
            <MenuItem key={name} value={name}>
              {title ?? name}
            </MenuItem>
          ))}
        </TextField>
        <Button variant="outlined" onClick={feed.isPaused ? feed.resume : feed.pause}>
          {translate(feed.isPaused ? "stoa.changes.resume" : "stoa.changes.pause")}
        </Button>
        <Typography role="status" color="textSecondary">
          {feed.waiting > 0 && translate("stoa.changes.waiting", { smart_count: feed.waiting })}
        </Typography>
      </Box>
      {feed.problem !== null && (
        <Alert severity="error">{problemText(feed.problem, translate)}</Alert>
      )}
      {feed.isLoading && <Skeleton variant="rounded" height={240} />}
      {!feed.isLoading && feed.lines.length === 0 && (
        <Typography sx={{ py: 4, textAlign: "center" }}>{translate("stoa.state.empty")}</Typography>
      )}
      {!feed.isLoading && feed.lines.length > 0 && <Lines lines={feed.lines} />}
    </Paper>
  );
}

function Lines({ lines }: { readonly lines: readonly FeedLine[] }) {
  const translate = useTranslate();
  return (
    <TableContainer>
      <Table size="small">
        <TableHead>
          <TableRow>
            {["when", "what", "store", "entity", "who"].map((name) => (
              <TableCell key={name} sx={phoneColumns.has(name) ? undefined : wideOnly}>
                {translate(`stoa.changes.${name}`)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {lines.map((line) => (
            <Line key={`${line.seq} ${line.kind}`} line={line} />
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

/** The others are left out where there is no room for them. */
const phoneColumns: ReadonlySet<string> = new Set(["when", "what", "entity"]);

function Line({ line }: { readonly line: FeedLine }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  if (line.kind === "gap") {
    return (
      <TableRow>
        <TableCell colSpan={5}>{translate("stoa.changes.gap")}</TableCell>
      </TableRow>
    );
  }
  const { op, store, id, time, by, entity } = line;
  return (
    <TableRow hover>
      <TableCell sx={{ whiteSpace: { sm: "nowrap" } }}>{timeText(time, locale)}</TableCell>
      <TableCell>
        <Chip size="small" label={translate(`stoa.history.${op}`)} />
      </TableCell>
      <TableCell sx={wideOnly}>{store}</TableCell>
      <TableCell>
        <Link to={`/stores/${store}/${id}`}>{(entity && entityTitle(entity)) || id}</Link>
      </TableCell>
      <TableCell sx={wideOnly}>
        <PrincipalName id={by} />
      </TableCell>
    </TableRow>
  );
}
