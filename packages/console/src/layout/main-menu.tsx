/**
 * The menu: the stores with what is in each, and administration for those whose role has any of it.
 */

import GroupsIcon from "@mui/icons-material/AccountTreeOutlined";
import BackupIcon from "@mui/icons-material/BackupOutlined";
import SessionsIcon from "@mui/icons-material/DevicesOutlined";
import HealthIcon from "@mui/icons-material/MonitorHeartOutlined";
import UsersIcon from "@mui/icons-material/PeopleOutlined";
import StartIcon from "@mui/icons-material/RocketLaunchOutlined";
import SchemaIcon from "@mui/icons-material/SchemaOutlined";
import StoreIcon from "@mui/icons-material/TableRowsOutlined";
import ChangesIcon from "@mui/icons-material/TimelineOutlined";
import RolesIcon from "@mui/icons-material/VerifiedUserOutlined";
import { Box, ListSubheader, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Menu, useSidebarState, useTranslate } from "react-admin";
import { isAllowed, self } from "../connection.ts";
import { useStoreCount, useStores } from "../stores.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";

export function MainMenu() {
  const translate = useTranslate();
  const { data: stores } = useStores();
  return (
    <Box component="nav" aria-label={translate("stoa.menu.label")}>
      <Menu>
        <Section title="stoa.menu.stores">
          <Menu.Item to="/start" primaryText="stoa.menu.start" leftIcon={<StartIcon />} />
          {stores?.map(({ name, title }) => (
            <StoreItem key={name} name={name} title={title ?? name} />
          ))}
        </Section>
        <AdministrationSection />
      </Menu>
    </Box>
  );
}

function StoreItem({ name, title }: { readonly name: string; readonly title: string }) {
  const locale = useFormatLocale();
  const { data: count } = useStoreCount(name);
  const [isOpen] = useSidebarState();
  const figure = count === undefined ? "" : new Intl.NumberFormat(locale).format(count);
  const text = (
    <Box component="span" sx={{ display: "flex", gap: 1, alignItems: "baseline", flexGrow: 1 }}>
      <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis" }}>
        {title}
      </Box>
      <Typography component="span" variant="caption" sx={{ ml: "auto", pr: 1 }}>
        {figure}
      </Typography>
    </Box>
  );
  return (
    <Menu.Item
      to={`/stores/${name}`}
      primaryText={isOpen ? text : title}
      leftIcon={<StoreIcon />}
    />
  );
}

/** Each with the store or thing whose reading it needs. */
const pages = [
  { to: "/users", text: "stoa.menu.users", needs: "users", icon: <UsersIcon /> },
  { to: "/groups", text: "stoa.menu.groups", needs: "groups", icon: <GroupsIcon /> },
  { to: "/roles", text: "stoa.menu.roles", needs: "roles", icon: <RolesIcon /> },
  { to: "/sessions", text: "stoa.menu.sessions", needs: "sessions", icon: <SessionsIcon /> },
  { to: "/definitions", text: "stoa.menu.definitions", needs: "stores", icon: <SchemaIcon /> },
  { to: "/changes", text: "stoa.menu.changes", needs: "changes", icon: <ChangesIcon /> },
  { to: "/health", text: "stoa.menu.health", needs: "statistics", icon: <HealthIcon /> },
  { to: "/backups", text: "stoa.menu.backups", needs: "backups", icon: <BackupIcon /> },
] as const;

function AdministrationSection() {
  const { data: me } = useQuery({ queryKey: ["stoa", "self"], queryFn: self });
  const allowed = pages.filter(
    ({ needs }) => me && isAllowed(me, { method: "GET", path: [needs] }),
  );
  if (allowed.length === 0) return null;
  return (
    <Section title="stoa.menu.administration">
      {allowed.map(({ to, text, icon }) => (
        <Menu.Item key={to} to={to} primaryText={text} leftIcon={icon} />
      ))}
    </Section>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const translate = useTranslate();
  const [isOpen] = useSidebarState();
  return (
    <>
      <ListSubheader
        role="none"
        disableSticky
        sx={{ lineHeight: "32px", mt: 1, opacity: isOpen ? 1 : 0 }}
      >
        {translate(title)}
      </ListSubheader>
      {children}
    </>
  );
}
