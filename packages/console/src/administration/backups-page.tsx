/**
 * Copies of the database: made with their progress, listed, taken away, removed.
 */
import DownloadIcon from "@mui/icons-material/FileDownloadOutlined";
import {
  Alert,
  Box,
  Button,
  Paper,
  Skeleton,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Tooltip,
  Typography,
} from "@mui/material";
import type { Backup, BackupProgress } from "@stoa/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Title, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { Job, useJob } from "../job.ts";
import { ConfirmedButton } from "../layout/confirmed-button.tsx";
import { Progress } from "../layout/progress.tsx";
import { Unseen } from "../layout/unseen.tsx";
import { wideOnly } from "../layout/wide-only.ts";
import { problemText } from "../problem-text.ts";
import { sizeText, timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useFullRight, useRight } from "../use-right.ts";

const backupJob = new Job<BackupProgress>();

export default function BackupsPage() {
  const translate = useTranslate();
  const queries = useQueryClient();
  const right = useRight("POST", ["backups"]);
  const found = useQuery({
    queryKey: ["stoa", "backups"],
    queryFn: ({ signal }) => client.jobs.backups({ signal }),
    retry: false,
  });
  const { isRunning, told, problem } = useJob(backupJob);
  const reload = () => queries.invalidateQueries({ queryKey: ["stoa", "backups"] });
  const make = () =>
    void backupJob.start((signal) => client.jobs.makeBackup({ signal })).finally(reload);
  const list = found.data?.backups ?? [];
  return (
    <Paper sx={{ mt: 1, p: 2 }}>
      <Title title="stoa.menu.backups" />
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 2, alignItems: "center", mb: 2 }}>
        <Typography color="textSecondary" sx={{ flex: "1 1 300px" }}>
          {translate("stoa.backups.about", { most: found.data?.most ?? 10 })}
        </Typography>
        <Tooltip title={right.reason}>
          <span>
            <Button variant="contained" disabled={!right.isAllowed || isRunning} onClick={make}>
              {translate("stoa.backups.make")}
            </Button>
          </span>
        </Tooltip>
      </Box>
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
      {isRunning && <Making told={told} />}
      {told?.kind === "end" && <Alert severity="success">{translate("stoa.backups.made")}</Alert>}
      {found.isPending && <Skeleton variant="rounded" height={120} />}
      {found.data && list.length === 0 && !isRunning && (
        <Typography sx={{ py: 4, textAlign: "center" }}>{translate("stoa.state.empty")}</Typography>
      )}
      {list.length > 0 && <Backups backups={list} onRemoved={reload} />}
    </Paper>
  );
}

function Making({ told }: { readonly told: BackupProgress | null }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { bytes, total } = told?.kind === "progress" ? told : { bytes: 0, total: 0 };
  const text = translate("stoa.welcome.loaded", {
    done: sizeText(bytes, locale),
    total: sizeText(total, locale),
  });
  return <Progress label={translate("stoa.backups.make")} done={bytes} total={total} text={text} />;
}

interface BackupsProps {
  readonly backups: readonly Backup[];
  readonly onRemoved: () => Promise<void>;
}

function Backups({ backups, onRemoved }: BackupsProps) {
  const translate = useTranslate();
  return (
    <TableContainer>
      <Table size="small" sx={{ mt: 1 }}>
        <TableHead>
          <TableRow>
            <TableCell>{translate("stoa.backups.name")}</TableCell>
            <TableCell sx={wideOnly}>{translate("stoa.backups.when")}</TableCell>
            <TableCell align="right" sx={wideOnly}>
              {translate("stoa.backups.size")}
            </TableCell>
            <TableCell align="right">
              <Unseen text="stoa.table.more" />
            </TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {backups.map((backup) => (
            <BackupRow key={backup.name} backup={backup} onRemoved={onRemoved} />
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

interface BackupRowProps {
  readonly backup: Backup;
  readonly onRemoved: () => Promise<void>;
}

function BackupRow({ backup, onRemoved }: BackupRowProps) {
  const { name, time, bytes } = backup;
  const translate = useTranslate();
  const locale = useFormatLocale();
  const full = useFullRight();
  const right = useRight("DELETE", ["backups", name]);
  return (
    <TableRow hover>
      <TableCell
        component="th"
        scope="row"
        sx={{ fontFamily: "monospace", overflowWrap: "anywhere" }}
      >
        {name}
      </TableCell>
      <TableCell sx={wideOnly}>{timeText(time, locale)}</TableCell>
      <TableCell align="right" sx={wideOnly}>
        {sizeText(bytes, locale)}
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: { sm: "nowrap" } }}>
        <Tooltip title={full.reason}>
          <span>
            <Button
              component="a"
              href={client.backupAddress(name)}
              download={name}
              startIcon={<DownloadIcon />}
              disabled={!full.isAllowed}
            >
              {translate("stoa.backups.download")}
            </Button>
          </span>
        </Tooltip>
        <ConfirmedButton
          label={translate("stoa.action.remove")}
          title={translate("stoa.backups.removeTitle", { name })}
          content="stoa.backups.removeText"
          reason={right.reason}
          onConfirm={() => client.jobs.removeBackup(name).then(onRemoved)}
        />
      </TableCell>
    </TableRow>
  );
}
