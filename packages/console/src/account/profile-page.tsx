/**
 * What one may change about oneself: how one is called, the language, the password.
 */
import { Alert, Button, Paper, Stack, TextField, Typography } from "@mui/material";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { Title, useNotify, useTranslate } from "react-admin";
import { client, forgetWho, self } from "../connection.ts";
import { PrincipalName } from "../principal-name.tsx";
import { problemText } from "../problem-text.ts";
import { useAttempt } from "../use-attempt.ts";

interface OwnUser {
  readonly login?: string;
  readonly name?: string;
  readonly email?: string;
  readonly password?: string;
  readonly oldPassword?: string;
}

export default function ProfilePage() {
  const translate = useTranslate();
  const { data: me } = useQuery({ queryKey: ["stoa", "self"], queryFn: self });
  const user: (OwnUser & { readonly _id: string }) | undefined = me?.user;
  return (
    <Paper sx={{ mt: 1, p: 2, maxWidth: 560 }}>
      <Title title="stoa.account.profile" />
      {user && (
        <Stack sx={{ gap: 3 }}>
          <Typography color="textSecondary">
            {user.login} · {me?.role.name} · <PrincipalName id={me?.groups[0] ?? ""} />
          </Typography>
          <OwnForm id={user._id} button="stoa.action.save">
            <TextField
              name="name"
              label={translate("stoa.profile.name")}
              defaultValue={user.name}
            />
            <TextField
              name="email"
              type="email"
              label={translate("stoa.profile.email")}
              defaultValue={user.email}
            />
          </OwnForm>
          <OwnForm id={user._id} button="stoa.profile.changePassword">
            <TextField
              name="oldPassword"
              type="password"
              label={translate("stoa.profile.oldPassword")}
              autoComplete="current-password"
              required
            />
            <TextField
              name="password"
              type="password"
              label={translate("stoa.profile.newPassword")}
              autoComplete="new-password"
              required
            />
          </OwnForm>
        </Stack>
      )}
    </Paper>
  );
}

interface OwnFormProps {
  readonly id: string;
  readonly button: string;
  readonly children: React.ReactNode;
}

function OwnForm({ id, button, children }: OwnFormProps) {
  const translate = useTranslate();
  const notify = useNotify();
  const queries = useQueryClient();
  const { isBusy, problem, attempt } = useAttempt();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = Object.fromEntries(
      [...new FormData(form)].map(([key, text]) => [key, `${text}`]),
    );
    attempt(async () => {
      await client.store<OwnUser>("users").update(id, fields);
      if ("password" in fields) form.reset();
      forgetWho();
      void queries.invalidateQueries({ queryKey: ["stoa", "self"] });
      notify("ra.notification.updated", { messageArgs: { smart_count: 1 } });
    });
  };
  return (
    <Stack component="form" onSubmit={submit} sx={{ alignItems: "stretch" }}>
      {problem !== null && <Alert severity="error">{problemText(problem, translate)}</Alert>}
      {children}
      <Button
        type="submit"
        variant="outlined"
        disabled={isBusy}
        sx={{ alignSelf: "flex-start", mt: 1 }}
      >
        {translate(button)}
      </Button>
    </Stack>
  );
}
