/**
 * Lets a person choose which columns a table shows.
 */
import ColumnsIcon from "@mui/icons-material/ViewColumnOutlined";
import { Checkbox, IconButton, ListItemText, Menu, MenuItem, Tooltip } from "@mui/material";
import { useState } from "react";
import { useTranslate } from "react-admin";
import type { Column } from "./columns.ts";

interface ColumnChooserProps {
  readonly offered: readonly Column[];
  readonly paths: readonly string[];
  readonly choose: (paths: string[] | null) => void;
}

export function ColumnChooser({ offered, paths, choose }: ColumnChooserProps) {
  const translate = useTranslate();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const label = translate("stoa.table.columns");
  const toggle = (path: string) => {
    const isShown = paths.includes(path);
    choose(isShown ? paths.filter((one) => one !== path) : [...paths, path]);
  };
  return (
    <>
      <Tooltip title={label}>
        <IconButton aria-label={label} onClick={(event) => setAnchor(event.currentTarget)}>
          <ColumnsIcon />
        </IconButton>
      </Tooltip>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        <MenuItem onClick={() => choose(null)}>{translate("stoa.table.firstColumns")}</MenuItem>
        {offered.map(({ path }) => (
          <MenuItem
            key={path}
            dense
            role="menuitemcheckbox"
            aria-checked={paths.includes(path)}
            onClick={() => toggle(path)}
          >
            <Checkbox size="small" checked={paths.includes(path)} tabIndex={-1} disableRipple />
            <ListItemText>{path}</ListItemText>
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
