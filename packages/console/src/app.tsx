/**
 * The console as a whole: who is signed in, what it looks like, and which page stands at which
 * address. Pages that are not the first one are loaded when they are opened.
 */
import { lazy, type ReactNode } from "react";
import { Admin, CustomRoutes, Resource } from "react-admin";
import { Route } from "react-router-dom";
import { RoleCreate, RoleEdit, RoleList } from "./administration/roles.tsx";
import { SessionList } from "./administration/sessions.tsx";
import { UserCreate, UserEdit, UserList } from "./administration/users.tsx";
import { authProvider } from "./auth-provider.ts";
import { dataProvider } from "./data-provider.ts";
import { Frame } from "./layout/frame.tsx";
import { Needs } from "./layout/needs.tsx";
import { queryClient } from "./query-client.ts";
import { SignInPage } from "./sign-in/sign-in-page.tsx";
import { StorePage } from "./table/store-page.tsx";
import { textProvider } from "./text/text.ts";
import { darkTheme, lightTheme } from "./theme.ts";
import { StartPage } from "./welcome/start-page.tsx";

const EntityPage = lazy(() => import("./entity/entity-page.tsx"));
const ConfigurationPage = lazy(() => import("./entity/configuration-page.tsx"));
const NewEntityPage = lazy(() => import("./entity/new-entity-page.tsx"));
const ImportPage = lazy(() => import("./import/import-page.tsx"));
const ChangesPage = lazy(() => import("./administration/changes-page.tsx"));
const BackupsPage = lazy(() => import("./administration/backups-page.tsx"));
const NewStorePage = lazy(() => import("./welcome/new-store-page.tsx"));
const GroupsPage = lazy(() => import("./administration/groups-page.tsx"));
const DefinitionsPage = lazy(() => import("./administration/definitions-page.tsx"));
const DefinitionPage = lazy(() => import("./administration/definition-page.tsx"));
const HealthPage = lazy(() => import("./administration/health-page.tsx"));
const TokensPage = lazy(() => import("./account/tokens-page.tsx"));
const ProfilePage = lazy(() => import("./account/profile-page.tsx"));

export function App() {
  return (
    <Admin
      title="Stoa"
      authProvider={authProvider}
      dataProvider={dataProvider}
      queryClient={queryClient}
      i18nProvider={textProvider}
      theme={lightTheme}
      darkTheme={darkTheme}
      loginPage={SignInPage}
      layout={Frame}
      dashboard={StartPage}
      requireAuth
      disableTelemetry
    >
      <CustomRoutes>
        <Route path="/stores/:store" element={<StorePage />} />
        <Route path="/start" element={<StartPage />} />
        <Route path="/changes" element={needing("changes", <ChangesPage />)} />
        <Route path="/backups" element={needing("backups", <BackupsPage />)} />
        <Route path="/stores/:store/new" element={<NewEntityPage />} />
        <Route path="/stores/:store/import" element={<ImportPage />} />
        <Route path="/stores/:store/:id/configuration" element={<ConfigurationPage />} />
        <Route path="/stores/:store/:id/:tab?" element={<EntityPage />} />
        <Route path="/new-store" element={<NewStorePage />} />
        <Route path="/tokens" element={<TokensPage />} />
        <Route path="/account" element={<ProfilePage />} />
        <Route path="/groups" element={needing("groups", <GroupsPage />)} />
        <Route path="/definitions" element={<DefinitionsPage />} />
        <Route path="/definitions/:name" element={<DefinitionPage />} />
        <Route path="/health" element={needing("statistics", <HealthPage />)} />
      </CustomRoutes>
      <Resource
        name="users"
        list={UserList}
        edit={UserEdit}
        create={UserCreate}
        recordRepresentation="login"
      />
      <Resource
        name="roles"
        list={RoleList}
        edit={RoleEdit}
        create={RoleCreate}
        recordRepresentation="name"
      />
      <Resource name="sessions" list={SessionList} />
      <Resource name="groups" recordRepresentation="name" />
    </Admin>
  );
}

/** A page for those who may read what it is about. */
function needing(name: string, page: ReactNode) {
  const title = `stoa.menu.${name === "statistics" ? "health" : name}`;
  return (
    <Needs path={[name]} title={title}>
      {page}
    </Needs>
  );
}
