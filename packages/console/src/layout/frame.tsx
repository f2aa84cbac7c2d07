/**
 * What stands around every page: the bar above with the account, and the menu beside.
 */

import PersonIcon from "@mui/icons-material/PersonOutlined";
import KeyIcon from "@mui/icons-material/VpnKeyOutlined";
import { ListItemIcon, ListItemText, MenuItem } from "@mui/material";
import type { ReactNode } from "react";
import {
  AppBar,
  Layout,
  Logout,
  TitlePortal,
  UserMenu,
  useTranslate,
  useUserMenu,
} from "react-admin";
import { Link } from "react-router-dom";
import { Connectivity } from "./connectivity.tsx";
import { MainMenu } from "./main-menu.tsx";

export function Frame({ children }: { readonly children: ReactNode }) {
  return (
    <Layout appBar={Bar} menu={MainMenu} appBarAlwaysOn sx={{ minWidth: 0 }}>
      {children}
    </Layout>
  );
}

function Bar() {
  return (
    <AppBar alwaysOn color="default" elevation={0} userMenu={<AccountMenu />}>
      <TitlePortal component="h1" variant="h6" />
      <Connectivity />
    </AppBar>
  );
}

function AccountMenu() {
  return (
    <UserMenu>
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
