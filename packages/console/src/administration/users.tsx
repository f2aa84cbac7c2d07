/**
 * People: who there is, with which role, in which groups; made, changed, disabled.
 */
import { type Theme, useMediaQuery } from "@mui/material";
import {
  AutocompleteArrayInput,
  AutocompleteInput,
  BooleanField,
  BooleanInput,
  Create,
  DataTable,
  EmailField,
  FunctionField,
  List,
  PasswordInput,
  ReferenceArrayInput,
  ReferenceField,
  ReferenceInput,
  required,
  SelectInput,
  SimpleForm,
  TextInput,
  useTranslate,
} from "react-admin";
import { PrincipalName } from "../principal-name.tsx";
import { timeText } from "../table/cell-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { FreshEdit } from "./fresh-edit.tsx";
import { UnsavedForm } from "./unsaved-form.tsx";

export function UserList() {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const isWide = useMediaQuery<Theme>((theme) => theme.breakpoints.up("sm"));
  return (
    <List sort={{ field: "login", order: "ASC" }} perPage={50} filters={userFilters}>
      <DataTable bulkActionButtons={false}>
        <DataTable.Col source="login" label="stoa.users.login" />
        {isWide && <DataTable.Col source="name" label="stoa.users.name" />}
        {isWide && (
          <DataTable.Col source="email" label="stoa.users.email">
            <EmailField source="email" />
          </DataTable.Col>
        )}
        <DataTable.Col source="role" label="stoa.users.role">
          <ReferenceField source="role" reference="roles" link={false} />
        </DataTable.Col>
        <DataTable.Col source="group" label="stoa.users.group" disableSort>
          <FunctionField render={({ group }) => <PrincipalName id={group} />} />
        </DataTable.Col>
        {isWide && (
          <DataTable.Col source="disabled" label={translate("stoa.users.disabled")}>
            <BooleanField source="disabled" looseValue FalseIcon={null} />
          </DataTable.Col>
        )}
        {isWide && (
          <DataTable.Col source="time" label="stoa.users.since">
            <FunctionField render={({ time }) => timeText(time, locale)} />
          </DataTable.Col>
        )}
      </DataTable>
    </List>
  );
}

const userFilters = [
  <TextInput key="login" source="login" label="stoa.users.login" alwaysOn />,
  <ReferenceInput key="role" source="role" reference="roles">
    <SelectInput label="stoa.users.role" />
  </ReferenceInput>,
  <BooleanInput key="disabled" source="disabled" label="stoa.users.disabled" />,
];

export function UserEdit() {
  return (
    <FreshEdit>
      <UserForm isNew={false} />
    </FreshEdit>
  );
}

export function UserCreate() {
  return (
    <Create redirect={false} title="stoa.users.create">
      <UserForm isNew />
    </Create>
  );
}

function UserForm({ isNew }: { readonly isNew: boolean }) {
  return (
    <SimpleForm sx={{ maxWidth: 560, "& .MuiFormControl-root": { width: 1 } }}>
      <UnsavedForm next={isNew ? "/users" : undefined} />
      <TextInput source="login" label="stoa.users.login" validate={required()} />
      <TextInput source="name" label="stoa.users.name" />
      <TextInput source="email" type="email" label="stoa.users.email" />
      <ReferenceInput source="role" reference="roles" perPage={200}>
        <SelectInput label="stoa.users.role" validate={required()} />
      </ReferenceInput>
      {isNew && (
        <ReferenceInput source="group" reference="groups" perPage={200}>
          <AutocompleteInput label="stoa.users.group" optionText="name" filterToQuery={byName} />
        </ReferenceInput>
      )}
      <ReferenceArrayInput source="groups" reference="groups" perPage={200}>
        <AutocompleteArrayInput
          label="stoa.users.groups"
          optionText="name"
          filterToQuery={byName}
        />
      </ReferenceArrayInput>
      <PasswordInput
        source="password"
        label={isNew ? "stoa.users.password" : "stoa.users.newPassword"}
        autoComplete="new-password"
        {...(isNew && { validate: required() })}
      />
      <BooleanInput source="disabled" label="stoa.users.disabled" />
    </SimpleForm>
  );
}

/** Found among those that were fetched; the store of groups knows no part of a name. */
const byName = () => ({});
