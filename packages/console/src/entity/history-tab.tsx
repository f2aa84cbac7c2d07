/**
 * What became of an entity: who changed what and when, old and new side by side, and the way back.
 */
import RestoreIcon from "@mui/icons-material/SettingsBackupRestoreOutlined";
import {
  Alert,
  Box,
  Button,
  Card,
  Chip,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
  Typography,
} from "@mui/material";
import type { HistoryChange } from "@stoa/client";
import type { Json, JsonObject } from "@stoa/domain";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNotify, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { PrincipalName } from "../principal-name.tsx";
import { problemText } from "../problem-text.ts";
import { timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useToldAttempt } from "../use-attempt.ts";
import { useRight } from "../use-right.ts";
import { changedFields } from "./three-way.ts";
import { ownFields, type TabProps, useKeepVersion, versionOf } from "./use-entity.ts";

const pageChanges = 50;

export function HistoryTab({ store, version }: TabProps) {
  const translate = useTranslate();
  const id = version.entity._id;
  const found = useInfiniteQuery({
    queryKey: ["stoa", "history", store, id],
    queryFn: ({ pageParam, signal }) =>
      client.administration.history(
        store,
        id,
        { limit: pageChanges, before: pageParam },
        { signal },
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const changes = found.data?.pages.flatMap((page) => page.changes) ?? [];
  const isCut = found.data?.pages.some(({ gap }) => gap === true) ?? false;
  return (
    <Stack sx={{ gap: 1.5, maxWidth: 900 }}>
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      {changes.map((change, at) => (
        <ChangeCard
          key={change.seq}
          store={store}
          change={change}
          before={changes[at + 1]?.entity ?? null}
          version={version}
          isPresent={at === 0}
        />
      ))}
      {isCut && <Alert severity="info">{translate("stoa.history.gap")}</Alert>}
      {found.hasNextPage && (
        <Button onClick={() => void found.fetchNextPage()} disabled={found.isFetching}>
          {translate("stoa.history.more")}
        </Button>
      )}
    </Stack>
  );
}

interface ChangeCardProps extends TabProps {
  readonly change: HistoryChange;
  readonly before: JsonObject | null;
  readonly isPresent: boolean;
}

function ChangeCard({ store, change, before, version, isPresent }: ChangeCardProps) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { seq, op, time, by, entity } = change;
  return (
    <Card variant="outlined" sx={{ p: 1.5 }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "center" }}>
        <Chip size="small" label={translate(`stoa.history.${op}`)} />
        <Typography component="time">{timeText(time, locale)}</Typography>
        <Typography color="textSecondary">
          <PrincipalName id={by} />
        </Typography>
        <Typography variant="caption" color="textSecondary" sx={{ ml: "auto" }}>
          {`№ ${seq}`}
        </Typography>
        {entity && !isPresent && <RestoreButton store={store} version={version} sequence={seq} />}
      </Box>
      {entity && (
        <Difference before={before ? ownFields(before) : null} after={ownFields(entity)} />
      )}
    </Card>
  );
}

/** Old and new beside each other; of the first version only what it was. */
function Difference(props: { readonly before: JsonObject | null; readonly after: JsonObject }) {
  const { before, after } = props;
  const translate = useTranslate();
  const names = changedFields(before ?? {}, after);
  if (names.length === 0) return null;
  return (
    <Table size="small" sx={{ mt: 1, tableLayout: "fixed" }}>
      <TableHead>
        <TableRow>
          <TableCell sx={{ width: "22%" }}>{translate("stoa.table.field")}</TableCell>
          {before && <TableCell>{translate("stoa.history.before")}</TableCell>}
          <TableCell>{translate("stoa.history.after")}</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        {names.map((name) => (
          <TableRow key={name}>
            <TableCell component="th" scope="row">
              {name}
            </TableCell>
            {before && <ValueCell value={before[name]} />}
            <ValueCell value={after[name]} />
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function ValueCell({ value }: { readonly value: Json | undefined }) {
  const text = value === undefined ? "—" : JSON.stringify(value, null, 1);
  return (
    <TableCell sx={{ fontFamily: "monospace", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
      {text}
    </TableCell>
  );
}

function RestoreButton({ store, version, sequence }: TabProps & { readonly sequence: number }) {
  const translate = useTranslate();
  const notify = useNotify();
  const id = version.entity._id;
  const keep = useKeepVersion(store, id);
  const right = useRight("POST", [store, ":id", "restore"]);
  const { isBusy, attempt } = useToldAttempt();
  const restore = async () => {
    const options = { ifMatch: version.etag };
    const restored = await client.administration.restore(store, id, sequence, options);
    keep(versionOf(restored), version);
    notify("stoa.history.restored", { type: "success" });
  };
  return (
    <Button
      size="small"
      startIcon={<RestoreIcon />}
      disabled={!right.isAllowed || isBusy}
      title={right.reason}
      onClick={() => attempt(restore)}
    >
      {translate("stoa.history.restore")}
    </Button>
  );
}
