/**
 * The first steps, in any order: make a store, load the sample, issue a token, ask from outside.
 */
import DoneIcon from "@mui/icons-material/CheckCircleOutlined";
import { Alert, Box, Button, Card, Grid, Tooltip, Typography } from "@mui/material";
import type { SampleProgress } from "@stoa/client";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useTranslate } from "react-admin";
import { Link } from "react-router-dom";
import { client } from "../connection.ts";
import { Job, useJob } from "../job.ts";
import { CodeLine } from "../layout/code-line.tsx";
import { Progress } from "../layout/progress.tsx";
import { problemText } from "../problem-text.ts";
import { useStores } from "../stores.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useRight } from "../use-right.ts";

const IssueToken = lazy(() => import("../account/issue-token.tsx"));

export function Welcome() {
  const translate = useTranslate();
  const stores = useStores().data ?? [];
  const own = stores.filter(({ flavour }) => flavour !== "reference");
  const create = useRight("POST", ["stores"]);
  const [issued, setIssued] = useState(false);
  const [isIssuing, setIssuing] = useState(false);
  return (
    <Box component="section" aria-label={translate("stoa.welcome.title")} sx={{ mt: 2, mb: 3 }}>
      <Typography color="textSecondary" sx={{ mb: 2 }}>
        {translate("stoa.welcome.about")}
      </Typography>
      <Grid container spacing={2}>
        <Step name="store" isDone={own.length > 0}>
          <Reasoned reason={create.reason}>
            <Button
              variant="contained"
              component={Link}
              to="/new-store"
              disabled={!create.isAllowed}
            >
              {translate("stoa.welcome.store")}
            </Button>
          </Reasoned>
        </Step>
        <Step name="sample" isDone={stores.some(({ name }) => name === "cities")}>
          <Sample reason={create.reason} />
        </Step>
        <Step name="token" isDone={issued}>
          <Button variant="contained" onClick={() => setIssuing(true)}>
            {translate("stoa.tokens.issue")}
          </Button>
        </Step>
        <Step name="curl" isDone={false}>
          <CodeLine text={curlLine(own[0]?.name)} label="curl" />
          <Typography variant="caption" color="textSecondary">
            {translate("stoa.welcome.curlHere")}
          </Typography>
        </Step>
      </Grid>
      <Suspense>
        {isIssuing && (
          <IssueToken onClose={() => setIssuing(false)} onIssued={() => setIssued(true)} />
        )}
      </Suspense>
    </Box>
  );
}

function curlLine(store: string | undefined): string {
  const path = store === undefined ? "" : `/${store}?limit=3`;
  return `curl -H 'Authorization: Bearer TOKEN' '${client.url}/api/v1${path}'`;
}

interface StepProps {
  readonly name: "store" | "sample" | "token" | "curl";
  readonly isDone: boolean;
  readonly children: ReactNode;
}

function Step({ name, isDone, children }: StepProps) {
  const translate = useTranslate();
  return (
    <Grid size={{ xs: 12, md: 6 }}>
      <Card sx={{ p: 2, height: 1, display: "flex", flexDirection: "column", gap: 1 }}>
        <Typography component="h2" variant="h6" sx={{ display: "flex", alignItems: "center" }}>
          {translate(`stoa.welcome.${name}`)}
          {isDone && (
            <DoneIcon
              color="success"
              titleAccess={translate("stoa.welcome.done")}
              sx={{ ml: 1, fontSize: 20 }}
            />
          )}
        </Typography>
        <Typography color="textSecondary" sx={{ flexGrow: 1 }}>
          {translate(`stoa.welcome.${name}Text`)}
        </Typography>
        <Box>{children}</Box>
      </Card>
    </Grid>
  );
}

/** Goes on while one looks at other pages. */
const sampleJob = new Job<SampleProgress>();

function Sample({ reason }: { readonly reason: string }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const queries = useQueryClient();
  const { isRunning, told, problem } = useJob(sampleJob);
  const figure = (count: number) => new Intl.NumberFormat(locale).format(count);
  const reload = () => queries.invalidateQueries({ queryKey: ["stoa"] });
  const load = () =>
    void sampleJob.start((signal) => client.jobs.sample("cities", { signal })).finally(reload);
  const look = (
    <Button component={Link} to="/stores/cities">
      {translate("stoa.welcome.look")}
    </Button>
  );
  if (told && (isRunning || told.kind === "end")) {
    const { done, total } = told;
    const text = translate("stoa.welcome.loaded", { done: figure(done), total: figure(total) });
    return (
      <>
        <Progress label={translate("stoa.welcome.sample")} done={done} total={total} text={text} />
        {isRunning && (
          <Button onClick={() => sampleJob.stop()}>{translate("stoa.welcome.stop")}</Button>
        )}
        {look}
      </>
    );
  }
  return (
    <>
      {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
      <Reasoned reason={reason}>
        <Button variant="contained" disabled={isRunning || reason !== ""} onClick={load}>
          {translate("stoa.welcome.load")}
        </Button>
      </Reasoned>
    </>
  );
}

function Reasoned({ reason, children }: { readonly reason: string; readonly children: ReactNode }) {
  return (
    <Tooltip title={reason}>
      <span>{children}</span>
    </Tooltip>
  );
}
