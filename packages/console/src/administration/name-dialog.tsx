/**
 * Asks for a name.
 */
import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  TextField,
} from "@mui/material";
import type { FormEvent } from "react";
import { useTranslate } from "react-admin";

interface NameDialogProps {
  readonly title: string;
  readonly name?: string;
  readonly onClose: () => void;
  readonly onName: (name: string) => void;
}

export function NameDialog({ title, name = "", onClose, onName }: NameDialogProps) {
  const translate = useTranslate();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onName(String(new FormData(event.currentTarget).get("name")));
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="xs">
      <form onSubmit={submit}>
        <DialogTitle>{translate(title)}</DialogTitle>
        <DialogContent>
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
          <Button onClick={onClose}>{translate("stoa.action.cancel")}</Button>
          <Button type="submit" variant="contained">
            {translate("stoa.action.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
