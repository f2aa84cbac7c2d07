/**
 * Asks for a name.
 */
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  TextField,
} from "@mui/material";
import type { FormEvent } from "react";
import { useTranslate } from "react-admin";
import { problemText } from "../problem-text.ts";
import { useAttempt } from "../use-attempt.ts";

interface NameDialogProps {
  readonly title: string;
  readonly name?: string;
  readonly onClose: () => void;
  /** It closes once this is done, and stays with what was typed where it is refused. */
  readonly onName: (name: string) => Promise<unknown>;
}

export function NameDialog({ title, name = "", onClose, onName }: NameDialogProps) {
  const translate = useTranslate();
  const { isBusy, problem, attempt } = useAttempt();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("name"));
    attempt(() => onName(typed).then(onClose));
  };
  return (
    <Dialog open onClose={isBusy ? undefined : onClose} fullWidth maxWidth="xs">
      <form onSubmit={submit}>
        <DialogTitle>{translate(title)}</DialogTitle>
        <DialogContent>
          {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
          <TextField
            name="name"
            label={translate("stoa.groups.name")}
            defaultValue={name}
            required
            autoFocus
            fullWidth
          />
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose} disabled={isBusy}>
            {translate("stoa.action.cancel")}
          </Button>
          <Button type="submit" variant="contained" disabled={isBusy}>
            {translate("stoa.action.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
