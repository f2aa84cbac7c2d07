/**
 * One entity: its id in the upper left corner, and what can be seen and done in tabs.
 */
import { Alert, Box, Paper, Tab, Tabs, type Theme, useMediaQuery } from "@mui/material";
import { StoaError } from "@stoa/client";
import { lazy, Suspense } from "react";
import { Title, useTranslate } from "react-admin";
import { Link, useParams } from "react-router-dom";
import { Needs } from "../layout/needs.tsx";
import { WaitingForm } from "../layout/waiting-form.tsx";
import { problemText } from "../problem-text.ts";
import { useStore } from "../stores.ts";
import { AccessTab } from "./access-tab.tsx";
import { EditingTab } from "./editing-tab.tsx";
import { EntityId } from "./entity-id.tsx";
import { entityTitle } from "./entity-title.ts";
import { HistoryTab } from "./history-tab.tsx";
import { Removed } from "./removed.tsx";
import { type TabProps, useEntity } from "./use-entity.ts";
import { useLiveEntity } from "./use-live-entity.ts";

const CodeTab = lazy(() => import("./code-tab.tsx"));

const tabs = ["editing", "code", "access", "history"] as const;
type TabName = (typeof tabs)[number];

/** The page of the entity in the address: a fresh one for each. */
export default function EntityPage() {
  const { store = "", id = "", tab } = useParams();
  return <EntityTabs key={`${store}/${id}`} store={store} id={id} tab={tab} />;
}

interface EntityTabsProps {
  readonly store: string;
  readonly id: string;
  readonly tab: string | undefined;
}

function EntityTabs({ store, id, tab }: EntityTabsProps) {
  const translate = useTranslate();
  const found = useEntity(store, id);
  const isHeardGone = useLiveEntity(store, id);
  const shown = tabs.find((name) => name === tab) ?? "editing";
  const definition = useStore(store);
  const isNotFound = found.error instanceof StoaError && found.error.code === "not_found";
  const isGone = isHeardGone || (isNotFound && found.data !== undefined);
  const isWide = useMediaQuery<Theme>((theme) => theme.breakpoints.up("sm"));
  const storeTitle = definition?.title ?? store;
  const title = found.data ? entityTitle(found.data.entity) : "";
  return (
    <Paper sx={{ mt: 1 }}>
      <Title
        title={isWide || title === "" ? [storeTitle, title].filter(Boolean).join(" › ") : title}
      />
      <Box sx={{ p: 1.5, pb: 0 }}>
        <EntityId store={store} id={id} />
      </Box>
      <Tabs value={shown} variant="scrollable" sx={{ borderBottom: 1, borderColor: "divider" }}>
        {tabs.map((name) => (
          <Tab
            key={name}
            value={name}
            label={translate(`stoa.entity.${name}`)}
            component={Link}
            to={`/stores/${store}/${id}/${name}`}
          />
        ))}
      </Tabs>
      <Box role="tabpanel" sx={{ p: 2, minHeight: 360 }}>
        {isGone && <Alert severity="warning">{translate("stoa.entity.gone")}</Alert>}
        {found.error && !isGone && (
          <Alert severity="error">{problemText(found.error, translate)}</Alert>
        )}
        {(isGone || isNotFound) && <Removed store={store} id={id} />}
        {found.isPending && <WaitingForm />}
        {found.data && (
          <Suspense fallback={<WaitingForm />}>
            <TabContent tab={shown} store={store} version={found.data} />
          </Suspense>
        )}
      </Box>
    </Paper>
  );
}

function TabContent({ tab, ...props }: TabProps & { readonly tab: TabName }) {
  switch (tab) {
    case "editing":
      return <EditingTab {...props} />;
    case "code":
      return <CodeTab {...props} />;
    case "access":
      return <AccessTab {...props} />;
    case "history":
      return (
        <Needs path={[props.store, ":id", "history"]}>
          <HistoryTab {...props} />
        </Needs>
      );
    default:
      return tab satisfies never;
  }
}
