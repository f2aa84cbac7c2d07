/**
 * The id of an entity: a click on it opens all its fields and values on a page of its own, one more
 * there copies it, as the button beside does.
 */
import { Box, Link, Typography } from "@mui/material";
import { useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { CopyButton, useCopy } from "../layout/copy-button.tsx";

interface EntityIdProps {
  readonly store: string;
  readonly id: string;
  /** Whether it stands on that page. */
  readonly isOpen?: boolean;
}

export function EntityId({ store, id, isOpen = false }: EntityIdProps) {
  const translate = useTranslate();
  const copy = useCopy(id);
  const aim = isOpen
    ? { component: "button", onClick: copy, title: translate("stoa.entity.copyId") }
    : {
        ...{ href: `#/stores/${store}/${id}/configuration`, target: "_blank", rel: "noopener" },
        title: translate("stoa.entity.configuration"),
      };
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 0.5 }}>
      <Link {...aim} sx={{ fontFamily: "monospace", fontSize: 14 }}>
        {id}
      </Link>
      <CopyButton text={id} label={translate("stoa.entity.copyId")} />
      <Typography
        variant="caption"
        color="textSecondary"
        sx={{ ml: 1, display: { xs: "none", sm: "inline" } }}
      >
        {`GET ${entityPath(store, id)}`}
      </Typography>
    </Box>
  );
}

/** Where the API serves it, as a path: `/api/v1/cities/58238a935baa56173b24f0e4`. */
export function entityPath(store: string, id: string): string {
  return `${new URL(client.url).pathname.replace(/\/$/, "")}/api/v1/${store}/${id}`;
}
