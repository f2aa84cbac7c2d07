/**
 * Asks once more before all that fit are removed.
 */
import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from "@mui/material";
import { useTranslate } from "react-admin";
import { useFormatLocale } from "../text/use-format-locale.ts";

interface RemoveAllProps {
  readonly count: number;
  readonly onClose: () => void;
  readonly onRemove: () => void;
}

export default function RemoveAll({ count, onClose, onRemove }: RemoveAllProps) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const figure = new Intl.NumberFormat(locale).format(count);
  return (
    <Dialog open onClose={onClose} maxWidth="xs">
      <DialogTitle>{translate("stoa.table.removeAll", { smart_count: count, figure })}</DialogTitle>
      <DialogContent>{translate("stoa.table.removeAllText")}</DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{translate("stoa.action.cancel")}</Button>
        <Button variant="contained" color="error" onClick={onRemove}>
          {translate("stoa.action.remove")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
