/**
 * Entities out of a file: what the first rows would come to, then all of them with progress, and
 * every row that was refused.
 */
import { Alert, Box, Button, Paper, Stack } from "@mui/material";
import type { ImportProgress } from "@stoa/client";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Title, useTranslate } from "react-admin";
import { Link, useParams } from "react-router-dom";
import { client } from "../connection.ts";
import { Job, useJob } from "../job.ts";
import { Progress } from "../layout/progress.tsx";
import { problemText } from "../problem-text.ts";
import { useStore } from "../stores.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useRight } from "../use-right.ts";
import { FileChoice } from "./file-choice.tsx";
import { ImportPreview } from "./import-preview.tsx";
import { type Chosen, type ImportState, importing } from "./importing.ts";
import { RefusedRows } from "./refused-rows.tsx";

/** One at a time, which goes on while one looks at other pages. */
const importJob = new Job<ImportState>();

export default function ImportPage() {
  const { store = "" } = useParams();
  const translate = useTranslate();
  const title = useStore(store)?.title ?? store;
  const right = useRight("POST", [store, "import"]);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const { isRunning, told, problem } = useJob(importJob);
  const work = told?.store === store ? told : null;
  return (
    <Paper sx={{ mt: 1, p: 2, maxWidth: 1000 }}>
      <Title title={translate("stoa.import.title", { store: title })} />
      <Stack sx={{ gap: 2 }}>
        {!right.isAllowed && <Alert severity="info">{right.reason}</Alert>}
        {work && (
          <>
            {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
            <Work state={work} isRunning={isRunning} />
          </>
        )}
        {!isRunning && right.isAllowed && (
          <>
            <FileChoice chosen={chosen} onChosen={setChosen} />
            {chosen && <Begin store={store} chosen={chosen} onBegun={() => setChosen(null)} />}
          </>
        )}
      </Stack>
    </Paper>
  );
}

interface BeginProps {
  readonly store: string;
  readonly chosen: Chosen;
  readonly onBegun: () => void;
}

function Begin({ store, chosen, onBegun }: BeginProps) {
  const translate = useTranslate();
  const queries = useQueryClient();
  const begin = () => {
    onBegun();
    void importJob
      .start((signal) => importing(client.jobs, store, chosen, signal))
      .finally(() => queries.invalidateQueries({ queryKey: ["stoa"] }));
  };
  return (
    <>
      <Button variant="contained" onClick={begin} sx={{ alignSelf: "flex-start" }}>
        {translate("stoa.import.start")}
      </Button>
      <ImportPreview store={store} chosen={chosen} />
    </>
  );
}

function Work({ state, isRunning }: { readonly state: ImportState; readonly isRunning: boolean }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { progress, refused, store } = state;
  const figures = new Intl.NumberFormat(locale);
  const { rows, created, updated, failed } = progress;
  const texts = Object.entries({ rows, created, updated, failed }).map(([name, count]) => [
    name,
    figures.format(count),
  ]);
  return (
    <>
      {isDone(progress) && <Alert severity="success">{translate("stoa.import.end")}</Alert>}
      <Progress
        label={translate("stoa.table.import")}
        done={progress.bytes}
        total={progress.total}
        text={translate("stoa.import.counts", Object.fromEntries(texts))}
      />
      <Box sx={{ display: "flex", gap: 1 }}>
        {isRunning && (
          <Button onClick={() => importJob.stop()}>{translate("stoa.import.stop")}</Button>
        )}
        <Button component={Link} to={`/stores/${store}`}>
          {translate("stoa.import.open")}
        </Button>
      </Box>
      {refused.length > 0 && <RefusedRows rows={refused} store={store} />}
    </>
  );
}

function isDone({ kind }: ImportProgress): boolean {
  return kind === "end";
}
