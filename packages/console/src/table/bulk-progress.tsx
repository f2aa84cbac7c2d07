/**
 * How far it is when all that fit are changed or removed, and what was refused of them.
 */
import { Alert, Box, Button } from "@mui/material";
import { useTranslate } from "react-admin";
import { Progress } from "../layout/progress.tsx";
import { problemText } from "../problem-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import type { Bulk } from "./use-bulk.ts";

export function BulkProgress({ store, bulk }: { readonly store: string; readonly bulk: Bulk }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { told, isRunning, problem } = bulk.work;
  if (told?.store !== store) return null;
  const figure = (count: number) => new Intl.NumberFormat(locale).format(count);
  const { done, total, refused } = told;
  const reason = problem ?? told.reason;
  return (
    <Box sx={{ px: 1.5, pb: 1 }}>
      {isRunning && (
        <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
          <Progress
            label={translate(told.act === "Edit" ? "stoa.table.changing" : "stoa.table.removing")}
            done={done}
            total={total}
            text={translate("stoa.table.bulkDone", { done: figure(done), total: figure(total) })}
          />
          <Button onClick={bulk.stop}>{translate("stoa.table.stop")}</Button>
        </Box>
      )}
      {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
      {problem === null && refused > 0 && (
        <Alert severity="warning">
          {translate("stoa.table.someRefused", {
            smart_count: refused,
            figure: figure(refused),
            reason: problemText(reason, translate),
          })}
        </Alert>
      )}
    </Box>
  );
}
