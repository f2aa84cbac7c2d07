/**
 * The tokens of the one who is signed in: issue, see the secret once, see the last use, revoke.
 */
import AddIcon from "@mui/icons-material/Add";
import {
  Alert,
  Box,
  Button,
  Chip,
  Paper,
  Skeleton,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from "@mui/material";
import type { Entity, Token } from "@stoa/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Title, useTranslate } from "react-admin";
import { client, self } from "../connection.ts";
import { ConfirmedButton } from "../layout/confirmed-button.tsx";
import { Unseen } from "../layout/unseen.tsx";
import { wideOnly } from "../layout/wide-only.ts";
import { problemText } from "../problem-text.ts";
import { timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import IssueToken from "./issue-token.tsx";

export default function TokensPage() {
  const translate = useTranslate();
  const [isIssuing, setIssuing] = useState(false);
  const queries = useQueryClient();
  const tokens = useOwnTokens();
  const reload = () => queries.invalidateQueries({ queryKey: ["stoa", "tokens"] });
  return (
    <Paper sx={{ mt: 1, p: 2 }}>
      <Title title="stoa.account.tokens" />
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 2, mb: 1 }}>
        <Typography color="textSecondary" sx={{ flex: "1 1 260px" }}>
          {translate("stoa.tokens.about")}
        </Typography>
        <Button variant="contained" startIcon={<AddIcon />} onClick={() => setIssuing(true)}>
          {translate("stoa.tokens.issue")}
        </Button>
      </Box>
      {tokens.error && <Alert severity="error">{problemText(tokens.error, translate)}</Alert>}
      {tokens.isPending && <Skeleton height={120} />}
      {tokens.data?.length === 0 && (
        <Typography sx={{ py: 4, textAlign: "center" }}>{translate("stoa.state.empty")}</Typography>
      )}
      {tokens.data !== undefined && tokens.data.length > 0 && (
        <TokenTable tokens={tokens.data} onRevoked={reload} />
      )}
      {isIssuing && <IssueToken onClose={() => setIssuing(false)} onIssued={reload} />}
    </Paper>
  );
}

function useOwnTokens() {
  return useQuery({
    queryKey: ["stoa", "tokens"],
    queryFn: async ({ signal }) => {
      const { user } = await self();
      const query = { where: { owner: user._id, type: "access" }, sortBy: ["-time"], limit: 1_000 };
      return (await client.store<Token>("tokens").page(query, { signal })).entities;
    },
  });
}

interface TokenTableProps {
  readonly tokens: readonly Entity<Token>[];
  readonly onRevoked: () => Promise<void>;
}

function TokenTable({ tokens, onRevoked }: TokenTableProps) {
  const translate = useTranslate();
  const columns = ["name", "scopes", "issued", "expires", "lastUse"];
  return (
    <TableContainer>
      <Table size="small">
        <TableHead>
          <TableRow>
            {columns.map((column) => (
              <TableCell key={column} sx={phoneColumns.has(column) ? undefined : wideOnly}>
                {translate(`stoa.tokens.${column}`)}
              </TableCell>
            ))}
            <TableCell align="right">
              <Unseen text="stoa.table.more" />
            </TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {tokens.map((token) => (
            <TokenRow key={token._id} token={token} onRevoked={onRevoked} />
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

/** The others are left out where there is no room for them. */
const phoneColumns: ReadonlySet<string> = new Set(["name", "scopes"]);

interface TokenRowProps {
  readonly token: Entity<Token>;
  readonly onRevoked: () => Promise<void>;
}

function TokenRow({ token, onRevoked }: TokenRowProps) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { name, scopes, time, expiresAt, lastUsedAt } = token;
  const at = (ms: number | null, none: string) =>
    ms === null ? translate(none) : timeText(ms, locale);
  return (
    <TableRow hover>
      <TableCell component="th" scope="row">
        {name}
      </TableCell>
      <TableCell>
        {scopes === null && translate("stoa.tokens.everything")}
        {scopes?.map((scope) => (
          <Chip key={scope} size="small" label={scope} sx={{ m: 0.25, fontFamily: "monospace" }} />
        ))}
      </TableCell>
      <TableCell sx={wideOnly}>{timeText(time, locale)}</TableCell>
      <TableCell sx={wideOnly}>{at(expiresAt, "stoa.tokens.never")}</TableCell>
      <TableCell sx={wideOnly}>{at(lastUsedAt, "stoa.tokens.unused")}</TableCell>
      <TableCell align="right">
        <ConfirmedButton
          label={translate("stoa.tokens.revoke")}
          title={translate("stoa.tokens.revokeTitle", { name })}
          content="stoa.tokens.revokeText"
          onConfirm={() => client.tokens.revoke(token._id).then(onRevoked)}
        />
      </TableCell>
    </TableRow>
  );
}
