/**
 * The console as a whole: who is signed in, what it looks like, and which page stands at which
 * address. Pages that are not the first one are loaded when they are opened.
 */
import { lazy } from "react";
import { Admin, CustomRoutes } from "react-admin";
import { Route } from "react-router-dom";
import { authProvider } from "./auth-provider.ts";
import { dataProvider } from "./data-provider.ts";
import { Frame } from "./layout/frame.tsx";
import { SignInPage } from "./sign-in/sign-in-page.tsx";
import { StorePage } from "./table/store-page.tsx";
import { textProvider } from "./text/text.ts";
import { darkTheme, lightTheme } from "./theme.ts";
import { StartPage } from "./welcome/start-page.tsx";

const EntityPage = lazy(() => import("./entity/entity-page.tsx"));
const ConfigurationPage = lazy(() => import("./entity/configuration-page.tsx"));

export function App() {
  return (
    <Admin
      title="Stoa"
      authProvider={authProvider}
      dataProvider={dataProvider}
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
        <Route path="/stores/:store/:id/configuration" element={<ConfigurationPage />} />
        <Route path="/stores/:store/:id/:tab?" element={<EntityPage />} />
      </CustomRoutes>
    </Admin>
  );
}
