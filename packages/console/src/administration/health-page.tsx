/**
 * How the server is doing: the last hour in small plots, and what the database holds.
 */
import {
  Alert,
  Box,
  Card,
  Grid,
  Skeleton,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
  Typography,
} from "@mui/material";
import type { ReplicaStatistics, Statistics } from "@stoa/client";
import { useQuery } from "@tanstack/react-query";
import { Title, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { sizeText, timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { Plot } from "./plot.tsx";

const askedEveryMs = 10_000;

export default function HealthPage() {
  const translate = useTranslate();
  const found = useQuery({
    queryKey: ["stoa", "statistics"],
    queryFn: ({ signal }) => client.administration.statistics({ signal }),
    refetchInterval: askedEveryMs,
  });
  return (
    <Box sx={{ mt: 2 }}>
      <Title title="stoa.menu.health" />
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      {found.isPending && <Skeleton height={320} />}
      {found.data && <Figures statistics={found.data} />}
    </Box>
  );
}

function Figures({ statistics }: { readonly statistics: Statistics }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { points, everyMs, version, startedAt, database, processes } = statistics;
  const perSecond = (name: string) => points.map((point) => ((point[name] ?? 0) * 1_000) / everyMs);
  const as = (name: string) => points.map((point) => point[name] ?? null);
  const [perS, ms, mb] = ["perS", "ms", "mb"].map((unit) => translate(`stoa.health.unit.${unit}`));
  const times = as("time").map((time) => time ?? 0);
  return (
    <>
      <Typography color="textSecondary" gutterBottom>
        {translate("stoa.health.about", {
          version,
          since: timeText(startedAt, locale),
          smart_count: processes,
        })}
      </Typography>
      <Grid container spacing={2}>
        <Plot
          title="stoa.health.requests"
          times={times}
          values={perSecond("requests")}
          unit={perS}
        />
        <Plot title="stoa.health.latency" times={times} values={as("p99Ms")} unit={ms} />
        <Plot
          title="stoa.health.failures"
          times={times}
          values={perSecond("failures")}
          unit={perS}
        />
        <Plot
          title="stoa.health.memory"
          times={times}
          values={megabytes(as("rssBytes"))}
          unit={mb}
        />
        <Plot
          title="stoa.health.databaseSize"
          times={times}
          values={megabytes(as("databaseBytes"))}
          unit={mb}
        />
        <Plot title="stoa.health.sockets" times={times} values={as("followers")} />
        <Plot title="stoa.health.lag" times={times} values={as("lagMs")} unit={ms} />
      </Grid>
      <StoreSizes statistics={statistics} />
      <Typography color="textSecondary" sx={{ mt: 1 }}>
        {translate("stoa.health.database", {
          engine: database.engine,
          size: sizeText(database.bytes ?? 0, locale),
        })}
      </Typography>
      {database.replica && <Replica replica={database.replica} />}
    </>
  );
}

function Replica({ replica }: { readonly replica: ReplicaStatistics }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const figure = (count: number) => new Intl.NumberFormat(locale).format(count);
  const { isUp, lagMs, reads, fallbacks } = replica;
  return (
    <Typography color="textSecondary">
      {translate(isUp ? "stoa.health.replica" : "stoa.health.replicaAway", {
        lag: figure(lagMs ?? 0),
        reads: figure(reads),
        fallbacks: figure(fallbacks),
      })}
    </Typography>
  );
}

function StoreSizes({ statistics: { stores } }: { readonly statistics: Statistics }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  return (
    <Card sx={{ mt: 2 }}>
      <Table size="small">
        <TableHead>
          <TableRow>
            <TableCell>{translate("stoa.health.store")}</TableCell>
            <TableCell align="right">{translate("stoa.health.entities")}</TableCell>
            <TableCell align="right">{translate("stoa.health.size")}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {stores.map(({ name, entities, bytes }) => (
            <TableRow key={name}>
              <TableCell component="th" scope="row">
                {name}
              </TableCell>
              <TableCell align="right">{new Intl.NumberFormat(locale).format(entities)}</TableCell>
              <TableCell align="right">{sizeText(bytes, locale)}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Card>
  );
}

function megabytes(bytes: readonly (number | null)[]): (number | null)[] {
  return bytes.map((one) => (one === null ? null : one / 1_000_000));
}
