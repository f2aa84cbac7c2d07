/**
 * Who is signed in, from where and since when; a session can be ended.
 */
import { type Theme, useMediaQuery } from "@mui/material";
import { DataTable, DeleteButton, FunctionField, List, TextField } from "react-admin";
import { Unseen } from "../layout/unseen.tsx";
import { PrincipalName } from "../principal-name.tsx";
import { timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";

export function SessionList() {
  const locale = useFormatLocale();
  const isWide = useMediaQuery<Theme>((theme) => theme.breakpoints.up("sm"));
  return (
    <List sort={{ field: "issuedAt", order: "DESC" }} perPage={50} actions={false}>
      <DataTable bulkActionButtons={false} rowClick={false} sx={oneLine}>
        <DataTable.Col source="owner" label="stoa.sessions.who" disableSort>
          <FunctionField render={({ owner }) => <PrincipalName id={owner} />} />
        </DataTable.Col>
        {isWide && <DataTable.Col source="address" label="stoa.sessions.address" />}
        {isWide && (
          <DataTable.Col source="agent" label="stoa.sessions.agent">
            <TextField source="agent" noWrap sx={{ display: "block", maxWidth: 200 }} />
          </DataTable.Col>
        )}
        <DataTable.Col source="issuedAt" label="stoa.sessions.since">
          <FunctionField render={({ issuedAt }) => timeText(issuedAt, locale)} />
        </DataTable.Col>
        {isWide && (
          <DataTable.Col source="expiresAt" label="stoa.sessions.until">
            <FunctionField render={({ expiresAt }) => timeText(expiresAt, locale)} />
          </DataTable.Col>
        )}
        <DataTable.Col label={<Unseen text="stoa.table.more" />} disableSort>
          <DeleteButton
            mutationMode="pessimistic"
            label="stoa.sessions.end"
            confirmTitle="stoa.sessions.end"
            confirmContent="stoa.sessions.endText"
            sx={{ whiteSpace: "nowrap" }}
          />
        </DataTable.Col>
      </DataTable>
    </List>
  );
}

const oneLine = {
  "& .column-issuedAt, & .column-expiresAt": { whiteSpace: { sm: "nowrap" } },
} as const;
