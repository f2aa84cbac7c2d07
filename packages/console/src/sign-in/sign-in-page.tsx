/**
 * Where a person says who they are. Tells what is wrong in words, and how long to wait where the
 * server asks for patience.
 */

import { Alert, Box, Button, Card, TextField, Typography } from "@mui/material";
import { StoaError } from "@stoa/client";
import { type FormEvent, useEffect, useState } from "react";
import { useCheckAuth, useLogin, useTranslate } from "react-admin";
import { useNavigate } from "react-router-dom";
import { Mark } from "../layout/mark.tsx";
import { problemText } from "../problem-text.ts";

export function SignInPage() {
  const translate = useTranslate();
  const { problem, isBusy, submit } = useSignIn();
  return (
    <Box component="main" sx={{ minHeight: "100vh", display: "grid", placeItems: "center", p: 2 }}>
      <Card component="form" onSubmit={submit} sx={{ width: "100%", maxWidth: 360, p: 4 }}>
        <Mark size={44} />
        <Typography component="h1" variant="h5" sx={{ mt: 2, mb: 2 }}>
          {translate("stoa.signIn.title")}
        </Typography>
        <TextField
          name="login"
          label={translate("stoa.signIn.login")}
          autoComplete="username"
          autoFocus
          required
          fullWidth
        />
        <TextField
          name="password"
          type="password"
          label={translate("stoa.signIn.password")}
          autoComplete="current-password"
          required
          fullWidth
        />
        <Box role="alert" sx={{ minHeight: 56, pt: 1 }}>
          {problem && <Alert severity="error">{problem}</Alert>}
        </Box>
        <Button type="submit" variant="contained" size="large" fullWidth disabled={isBusy}>
          {translate("stoa.signIn.submit")}
        </Button>
        <Typography variant="body2" color="textSecondary" sx={{ mt: 2 }}>
          {translate("stoa.signIn.hint")}
        </Typography>
      </Card>
    </Box>
  );
}

function useSignIn() {
  const login = useLogin();
  const checkAuth = useCheckAuth();
  const navigate = useNavigate();
  const translate = useTranslate();
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  useEffect(() => {
    checkAuth({}, false).then(
      () => navigate("/"),
      () => undefined,
    );
  }, [checkAuth, navigate]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    login({ username: fields.get("login"), password: fields.get("password") })
      .catch((error: unknown) => setProblem(refusalText(error, translate)))
      .finally(() => setBusy(false));
  };
  return { problem, isBusy, submit };
}

function refusalText(error: unknown, translate: ReturnType<typeof useTranslate>): string {
  if (!(error instanceof StoaError)) return problemText(error, translate);
  switch (error.code) {
    case "unauthorized":
      return translate("stoa.signIn.refused");
    case "rate_limit":
      return translate("stoa.signIn.wait", { seconds: error.retryAfterS ?? 60 });
    default:
      return problemText(error, translate);
  }
}
