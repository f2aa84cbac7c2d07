/**
 * What can be done with a table as a whole: a new entity, out into a file, in from a file.
 */
import AddIcon from "@mui/icons-material/Add";
import ExportIcon from "@mui/icons-material/FileDownloadOutlined";
import ImportIcon from "@mui/icons-material/FileUploadOutlined";
import { Box, Button, ListSubheader, Menu, MenuItem, Tooltip } from "@mui/material";
import { type ReactNode, useState } from "react";
import { useTranslate } from "react-admin";
import { Link } from "react-router-dom";
import { client } from "../connection.ts";
import { useRight } from "../use-right.ts";
import type { Wish } from "./use-rows.ts";

interface StoreActionsProps {
  readonly store: string;
  readonly wish: Wish;
  /** Columns that are shown, which a table of a file has as well. */
  readonly paths: readonly string[];
}

const formats = ["csv", "json", "ndjson"] as const;

export function StoreActions({ store, wish, paths }: StoreActionsProps) {
  const translate = useTranslate();
  const create = useRight("POST", [store]);
  const load = useRight("POST", [store, "import"]);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setAnchor(null);
  return (
    <Box sx={{ display: "flex", gap: 0.5 }}>
      <PageButton to={`/stores/${store}/new`} reason={create.reason} icon={<AddIcon />}>
        {translate("stoa.table.newEntity")}
      </PageButton>
      <Button startIcon={<ExportIcon />} onClick={(event) => setAnchor(event.currentTarget)}>
        {translate("stoa.table.export")}
      </Button>
      <PageButton to={`/stores/${store}/import`} reason={load.reason} icon={<ImportIcon />}>
        {translate("stoa.table.import")}
      </PageButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close}>
        <ListSubheader sx={{ lineHeight: "32px" }}>
          {translate("stoa.table.exportHint")}
        </ListSubheader>
        {formats.map((format) => (
          <MenuItem
            key={format}
            component="a"
            href={client.fileAddress(store, format, {
              ...wish,
              ...(format === "csv" && { only: paths }),
            })}
            download={`${store}.${format}`}
            onClick={close}
          >
            {format.toUpperCase()}
          </MenuItem>
        ))}
      </Menu>
    </Box>
  );
}

interface PageButtonProps {
  readonly to: string;
  /** Why it is forbidden; empty where it is not. */
  readonly reason: string;
  readonly icon: ReactNode;
  readonly children: ReactNode;
}

function PageButton({ to, reason, icon, children }: PageButtonProps) {
  return (
    <Tooltip title={reason}>
      <span>
        <Button component={Link} to={to} startIcon={icon} disabled={reason !== ""}>
          {children}
        </Button>
      </span>
    </Tooltip>
  );
}
