/**
 * Who is signed in, from where and since when; a session can be ended.
 */
import { DataTable, DateField, DeleteButton, FunctionField, List, TextField } from "react-admin";
import { PrincipalName } from "../principal-name.tsx";

export function SessionList() {
  return (
    <List sort={{ field: "issuedAt", order: "DESC" }} perPage={50} exporter={false}>
      <DataTable bulkActionButtons={false} rowClick={false}>
        <DataTable.Col source="owner" label="stoa.sessions.who" disableSort>
          <FunctionField render={({ owner }) => <PrincipalName id={owner} />} />
        </DataTable.Col>
        <DataTable.Col source="address" label="stoa.sessions.address" />
        <DataTable.Col source="agent" label="stoa.sessions.agent">
          <TextField source="agent" noWrap sx={{ display: "block", maxWidth: 280 }} />
        </DataTable.Col>
        <DataTable.Col source="issuedAt" label="stoa.sessions.since">
          <DateField source="issuedAt" showTime />
        </DataTable.Col>
        <DataTable.Col source="expiresAt" label="stoa.sessions.until">
          <DateField source="expiresAt" showTime />
        </DataTable.Col>
        <DataTable.Col label="stoa.table.more" disableSort>
          <DeleteButton
            mutationMode="pessimistic"
            label="stoa.sessions.end"
            confirmTitle="stoa.sessions.end"
            confirmContent="stoa.sessions.endText"
          />
        </DataTable.Col>
      </DataTable>
    </List>
  );
}
