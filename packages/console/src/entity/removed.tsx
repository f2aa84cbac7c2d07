/**
 * When something was removed and by whom, and the way to have it back. Says nothing of what never
 * was, or of what one may not see.
 */
import { Alert, Button } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useNotify, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { PrincipalName } from "../principal-name.tsx";
import { timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useToldAttempt } from "../use-attempt.ts";
import { useRight } from "../use-right.ts";
import { useKeepVersion, versionOf } from "./use-entity.ts";

interface RemovedProps {
  readonly store: string;
  readonly id: string;
}

export function Removed({ store, id }: RemovedProps) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const seen = useRight("GET", [store, ":id", "history"]);
  const right = useRight("POST", [store, ":id", "restore"]);
  const { data } = useQuery({
    queryKey: ["stoa", "history", store, id, "removal"],
    queryFn: ({ signal }) => client.administration.history(store, id, { limit: 1 }, { signal }),
    enabled: seen.isKnown && seen.isAllowed,
  });
  const [last] = data?.changes ?? [];
  const { isBusy, restore } = useRestore(store, id);
  if (last?.op !== "remove") return null;
  const act = (
    <Button
      color="inherit"
      disabled={isBusy || !right.isAllowed}
      title={right.reason}
      onClick={() => restore(last.seq)}
    >
      {translate("stoa.history.bringBack")}
    </Button>
  );
  return (
    <Alert severity="info" action={act}>
      {translate("stoa.history.removed", { when: timeText(last.time, locale) })}{" "}
      <PrincipalName id={last.by} />
    </Alert>
  );
}

function useRestore(store: string, id: string) {
  const notify = useNotify();
  const keep = useKeepVersion(store, id);
  const { isBusy, attempt } = useToldAttempt();
  const restore = async (sequence: number) => {
    keep(versionOf(await client.administration.restore(store, id, sequence)), null);
    notify("stoa.history.restored", { type: "success" });
  };
  return { isBusy, restore: (sequence: number) => attempt(() => restore(sequence)) };
}
