/**
 * What stands around every page: the bar above with the account, and the menu beside.
 */

import PersonIcon from "@mui/icons-material/PersonOutlined";
import KeyIcon from "@mui/icons-material/VpnKeyOutlined";
import { ListItemIcon, ListItemText, MenuItem, useMediaQuery } from "@mui/material";
import { enUS, ruRU } from "@mui/material/locale";
import { createTheme, type Theme, ThemeProvider } from "@mui/material/styles";
import type { ReactNode } from "react";
import {
  AppBar,
  Layout,
  LocalesMenuButton,
  Logout,
  RefreshIconButton,
  TitlePortal,
  ToggleThemeButton,
  UserMenu,
  useGetIdentity,
  useLocale,
  useTranslate,
  useUserMenu,
} from "react-admin";
import { Link } from "react-router-dom";
import { Connectivity } from "./connectivity.tsx";
import { MainMenu } from "./main-menu.tsx";
import { useLiveCounts } from "./use-live-counts.ts";

export function Frame({ children }: { readonly children: ReactNode }) {
  useLiveCounts();
  const locale = useLocale();
  return (
    <ThemeProvider theme={locale === "ru" ? inRussian : inEnglish}>
      <Layout appBar={Bar} menu={MainMenu} appBarAlwaysOn sx={fitting}>
        {children}
      </Layout>
    </ThemeProvider>
  );
}

/** What buttons of ready-made inputs are called. */
const inRussian = (outer: Theme) => createTheme(outer, ruRU);
const inEnglish = (outer: Theme) => createTheme(outer, enUS);

function Bar() {
  return (
    <AppBar
      alwaysOn
      color="default"
      elevation={0}
      toolbar={<Tools />}
      userMenu={<AccountMenu />}
      sx={roomy}
    >
      <TitlePortal component="h1" variant="h6" sx={ending} />
      <Connectivity />
    </AppBar>
  );
}

/** Nothing turns here while something is fetched: pages that wait say so themselves. */
function Tools() {
  return (
    <>
      <LocalesMenuButton />
      <ToggleThemeButton />
      <RefreshIconButton />
    </>
  );
}

function AccountMenu() {
  const translate = useTranslate();
  const { data: me } = useGetIdentity();
  const isWide = useMediaQuery<Theme>((theme) => theme.breakpoints.up("sm"));
  // The name that is seen is part of what is heard.
  const label = [me?.fullName, translate("stoa.account.menu")].filter(Boolean).join(", ");
  return (
    <UserMenu label={isWide && me?.fullName ? label : "stoa.account.menu"}>
      <AccountItem to="/account" text="stoa.account.profile" icon={<PersonIcon />} />
      <AccountItem to="/tokens" text="stoa.account.tokens" icon={<KeyIcon />} />
      <Logout />
    </UserMenu>
  );
}

function AccountItem(item: {
  readonly to: string;
  readonly text: string;
  readonly icon: ReactNode;
}) {
  const translate = useTranslate();
  const menu = useUserMenu();
  return (
    <MenuItem component={Link} to={item.to} onClick={menu?.onClose}>
      <ListItemIcon>{item.icon}</ListItemIcon>
      <ListItemText>{translate(item.text)}</ListItemText>
    </MenuItem>
  );
}

/** What is wider than a phone is scrolled by itself; the page never is. */
const fitting = {
  minWidth: 0,
  "& .RaLayout-content": { minWidth: 0, overflowX: "clip" },
  "& .RaList-main, & .RaList-content": { minWidth: 0, overflowX: "auto" },
  "@media (max-width: 599px)": { "& main .MuiPaper-root": { overflowX: "auto" } },
} as const;

/** A title that is too long ends in dots. */
const ending = { "&& > *": { display: "inline" } } as const;

/** On a phone the name of a language takes the room that the title of the page needs. */
const roomy = {
  "@media (max-width: 599px)": {
    "& .MuiToolbar-root .MuiButton-root": { fontSize: 0, minWidth: 40, px: 1 },
    "& .MuiToolbar-root .MuiButton-endIcon": { display: "none" },
  },
} as const;
