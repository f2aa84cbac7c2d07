/**
 * Issues a token: a name, an end, what it may do; then shows the secret, once, and how to use it.
 */
import {
  Alert,
  Autocomplete,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  TextField,
  Typography,
} from "@mui/material";
import type { TokenDraft } from "@stoa/client";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { CodeLine } from "../layout/code-line.tsx";
import { problemText } from "../problem-text.ts";
import { useAttempt } from "../use-attempt.ts";

interface IssueTokenProps {
  readonly onClose: () => void;
  readonly onIssued: () => void;
}

export default function IssueToken({ onClose, onIssued }: IssueTokenProps) {
  const translate = useTranslate();
  const [issued, setIssued] = useState<Issued | null>(null);
  const { isBusy, problem, attempt } = useAttempt();
  const keep = (token: Issued) => {
    setIssued(token);
    onIssued();
  };
  const issue = async (draft: TokenDraft) => {
    const { token } = await client.tokens.issue(draft);
    keep({ token, scopes: draft.scopes ?? null });
  };
  // What is being issued must be seen, since it is shown once.
  const close = isBusy || issued ? undefined : onClose;
  return (
    <Dialog open onClose={close} fullWidth maxWidth="sm">
      <DialogTitle>{translate("stoa.tokens.issue")}</DialogTitle>
      {issued ? (
        <Secret issued={issued} onClose={onClose} />
      ) : (
        <TokenForm
          isBusy={isBusy}
          problem={problem}
          onIssue={(draft) => attempt(() => issue(draft))}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

interface Issued {
  readonly token: string;
  readonly scopes: readonly string[] | null;
}

const daysOffered = [1, 7, 30, 90, 365];
const dayMs = 86_400_000;

interface TokenFormProps {
  readonly isBusy: boolean;
  readonly problem: unknown;
  readonly onIssue: (draft: TokenDraft) => void;
  readonly onClose: () => void;
}

function TokenForm({ isBusy, problem, onIssue, onClose }: TokenFormProps) {
  const translate = useTranslate();
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const days = Number(fields.get("days"));
    onIssue({
      name: String(fields.get("name")),
      ...(scopes.length > 0 && { scopes }),
      ...(days > 0 && { expiresAt: Date.now() + days * dayMs }),
    });
  };
  return (
    <form onSubmit={submit}>
      <DialogContent>
        {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
        <TextField name="name" label={translate("stoa.tokens.name")} required fullWidth autoFocus />
        <TextField
          select
          name="days"
          label={translate("stoa.tokens.expires")}
          defaultValue={30}
          fullWidth
        >
          {daysOffered.map((days) => (
            <MenuItem key={days} value={days}>
              {translate("stoa.tokens.days", { smart_count: days })}
            </MenuItem>
          ))}
          <MenuItem value={0}>{translate("stoa.tokens.never")}</MenuItem>
        </TextField>
        <ScopePicker scopes={scopes} onChange={setScopes} />
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} disabled={isBusy}>
          {translate("stoa.action.cancel")}
        </Button>
        <Button type="submit" variant="contained" disabled={isBusy}>
          {translate("stoa.tokens.issue")}
        </Button>
      </DialogActions>
    </form>
  );
}

interface ScopePickerProps {
  readonly scopes: readonly string[];
  readonly onChange: (scopes: readonly string[]) => void;
}

/** Everything that rights can name and that one holds, by store; others can be typed. */
function ScopePicker({ scopes, onChange }: ScopePickerProps) {
  const translate = useTranslate();
  const { data = [] } = useQuery({
    queryKey: ["stoa", "permissions"],
    queryFn: ({ signal }) => client.administration.permissions({ signal }),
  });
  const options = data.flatMap(({ name, title, permissions }) =>
    permissions
      .filter(({ held }) => held)
      .map(({ credential }) => ({ credential, group: title ?? name })),
  );
  const groupOf = new Map(options.map(({ credential, group }) => [credential, group]));
  return (
    <Autocomplete
      multiple
      freeSolo
      disableCloseOnSelect
      options={options.map(({ credential }) => credential)}
      groupBy={(credential) => groupOf.get(credential) ?? ""}
      value={[...scopes]}
      onChange={(_, picked) => onChange(picked)}
      renderInput={(input) => (
        <TextField
          {...input}
          label={translate("stoa.tokens.scopes")}
          helperText={translate("stoa.tokens.scopesHint")}
        />
      )}
    />
  );
}

function Secret({ issued, onClose }: { readonly issued: Issued; readonly onClose: () => void }) {
  const translate = useTranslate();
  const { token, scopes } = issued;
  return (
    <>
      <DialogContent>
        <Alert severity="warning" sx={{ mb: 2 }}>
          {translate("stoa.tokens.once")}
        </Alert>
        <CodeLine text={token} label={translate("stoa.tokens.secret")} />
        <Typography sx={{ mt: 2 }}>{translate("stoa.tokens.use")}</Typography>
        <CodeLine text={curlLine(token, scopes)} label="curl" />
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          {translate("stoa.tokens.kept")}
        </Button>
      </DialogActions>
    </>
  );
}

/** Reads the first store that the token may read: works as it is. */
function curlLine(token: string, scopes: readonly string[] | null): string {
  const reading = scopes?.map((scope) => /^(?:GET|\*) ([a-z][\w-]*)/.exec(scope)?.[1]);
  const store = reading?.find((name) => name !== undefined);
  const path = store === undefined ? "" : `/${store}?limit=3`;
  return `curl -H 'Authorization: Bearer ${token}' '${client.url}/api/v1${path}'`;
}
