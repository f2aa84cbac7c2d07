/**
 * Roles: what each allows, as a matrix of stores and verbs; what no matrix shows can be written.
 */
import { Chip } from "@mui/material";
import {
  Create,
  DataTable,
  FunctionField,
  List,
  required,
  SimpleForm,
  TextInput,
} from "react-admin";
import { FreshEdit } from "./fresh-edit.tsx";
import { RightsInput } from "./rights-input.tsx";
import { UnsavedForm } from "./unsaved-form.tsx";

export function RoleList() {
  return (
    <List sort={{ field: "name", order: "ASC" }} perPage={50}>
      <DataTable bulkActionButtons={false}>
        <DataTable.Col source="name" label="stoa.roles.name" />
        <DataTable.Col source="credentials" label="stoa.roles.allows" disableSort>
          <FunctionField render={({ credentials }) => <Rights texts={credentials} />} />
        </DataTable.Col>
      </DataTable>
    </List>
  );
}

function Rights({ texts }: { readonly texts: readonly string[] }) {
  return texts.map((text) => <Chip key={text} size="small" label={text} sx={{ m: 0.25 }} />);
}

export function RoleEdit() {
  return (
    <FreshEdit>
      <RoleForm />
    </FreshEdit>
  );
}

export function RoleCreate() {
  return (
    <Create redirect={false} title="stoa.roles.create">
      <RoleForm next="/roles" />
    </Create>
  );
}

function RoleForm({ next }: { readonly next?: string }) {
  return (
    <SimpleForm>
      <UnsavedForm next={next} />
      <TextInput source="name" label="stoa.roles.name" validate={required()} />
      <RightsInput source="credentials" />
    </SimpleForm>
  );
}
