/**
 * The end of a store with everything in it: asked for by typing its name.
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
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslate } from "react-admin";
import { useNavigate } from "react-router-dom";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { type StoreEntity, useStoreCount } from "../stores.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useAttempt } from "../use-attempt.ts";
import { useRight } from "../use-right.ts";

export function RemoveStore({ store }: { readonly store: StoreEntity }) {
  const translate = useTranslate();
  const right = useRight("DELETE", ["stores", ":id"]);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        color="error"
        disabled={!right.isAllowed}
        title={right.reason}
        onClick={() => setOpen(true)}
      >
        {translate("stoa.definition.remove")}
      </Button>
      {isOpen && <RemoveDialog store={store} onClose={() => setOpen(false)} />}
    </>
  );
}

function RemoveDialog({ store, onClose }: { store: StoreEntity; onClose: () => void }) {
  const translate = useTranslate();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const locale = useFormatLocale();
  const { data: count = 0 } = useStoreCount(store.name);
  const [typed, setTyped] = useState("");
  const { isBusy, problem, attempt } = useAttempt();
  const remove = async () => {
    await client.store("stores").remove(store._id, { parameters: { confirm: store.name } });
    await queries.invalidateQueries({ queryKey: ["stoa", "stores"] });
    await navigate("/definitions");
  };
  return (
    <Dialog open onClose={isBusy ? undefined : onClose} fullWidth maxWidth="xs">
      <DialogTitle>{translate("stoa.definition.removeTitle", { name: store.name })}</DialogTitle>
      <DialogContent>
        <Alert severity="warning" sx={{ mb: 1 }}>
          {translate("stoa.definition.removeText", {
            smart_count: count,
            figure: new Intl.NumberFormat(locale).format(count),
          })}
        </Alert>
        {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
        <TextField
          label={translate("stoa.definition.typeName", { name: store.name })}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          autoFocus
          fullWidth
        />
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} disabled={isBusy}>
          {translate("stoa.action.cancel")}
        </Button>
        <Button
          color="error"
          variant="contained"
          disabled={typed !== store.name || isBusy}
          onClick={() => attempt(remove)}
        >
          {translate("stoa.definition.remove")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
