/**
 * Before a group is moved: where to, how much changes hands, who sees more by it and who less.
 */
import {
  Alert,
  Autocomplete,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Skeleton,
  TextField,
  Typography,
} from "@mui/material";
import type { Impact } from "@stoa/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useAttempt } from "../use-attempt.ts";
import { type Group, isWithin } from "./group-tree.ts";

interface MoveDialogProps {
  readonly group: Group;
  /** Null where it is still to be chosen. */
  readonly parent: string | null;
  readonly groups: readonly Group[];
  readonly onClose: () => void;
  readonly onMove: (parent: string) => Promise<unknown>;
}

export function MoveDialog({ group, parent, groups, onClose, onMove }: MoveDialogProps) {
  const translate = useTranslate();
  const [target, setTarget] = useState<Group | null>(
    groups.find(({ _id }) => _id === parent) ?? null,
  );
  const impact = useQuery({
    queryKey: ["stoa", "impact", group._id, target?._id],
    queryFn: ({ signal }) => client.administration.impact(group._id, target?._id ?? "", { signal }),
    enabled: target !== null,
  });
  const { isBusy, problem, attempt } = useAttempt();
  const move = (to: Group) => attempt(() => onMove(to._id).then(onClose));
  const possible = groups.filter(
    ({ _id }) => _id !== group.parent && !isWithin(groups, _id, group._id),
  );
  return (
    <Dialog open onClose={isBusy ? undefined : onClose} fullWidth maxWidth="sm">
      <DialogTitle>{translate("stoa.groups.moveTitle", { name: group.name })}</DialogTitle>
      <DialogContent>
        {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
        <Autocomplete
          options={possible}
          getOptionLabel={({ name }) => name}
          getOptionKey={({ _id }) => _id}
          value={target}
          disabled={isBusy}
          onChange={(_, picked) => setTarget(picked)}
          renderInput={(input) => <TextField {...input} label={translate("stoa.groups.under")} />}
        />
        <Box sx={{ minHeight: 160, mt: 1 }} aria-live="polite">
          {impact.isLoading && <Skeleton height={120} />}
          {impact.error && <Alert severity="error">{problemText(impact.error, translate)}</Alert>}
          {impact.data && <ImpactText impact={impact.data} />}
        </Box>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} disabled={isBusy}>
          {translate("stoa.action.cancel")}
        </Button>
        <Button
          variant="contained"
          disabled={!target || !impact.data || isBusy}
          onClick={() => target && move(target)}
        >
          {translate("stoa.groups.move")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function ImpactText({ impact: { moved, gain, lose } }: { readonly impact: Impact }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const figure = new Intl.NumberFormat(locale);
  const stores = Object.entries(moved.stores)
    .map(([name, count]) => `${name}: ${figure.format(count)}`)
    .join(", ");
  return (
    <>
      <Typography>
        {translate("stoa.groups.moved", {
          smart_count: moved.entities,
          figure: figure.format(moved.entities),
        })}
      </Typography>
      <Typography color="textSecondary" gutterBottom>
        {stores}
      </Typography>
      <People title="stoa.groups.gain" sight={gain} />
      <People title="stoa.groups.lose" sight={lose} />
    </>
  );
}

function People({ title, sight }: { readonly title: string; readonly sight: Impact["gain"] }) {
  const translate = useTranslate();
  const names = sight.people.map(({ name }) => name);
  const more = sight.users - names.length;
  return (
    <Typography component="p" sx={{ mt: 1 }}>
      <strong>{translate(title, { smart_count: sight.users })}</strong>{" "}
      {names.length > 0 ? names.join(", ") : translate("stoa.groups.nobody")}
      {more > 0 && ` ${translate("stoa.groups.andMore", { smart_count: more })}`}
    </Typography>
  );
}
