/**
 * Tells when the server is not reached, and when it is again; says nothing while all is well.
 */
import CloudOffIcon from "@mui/icons-material/CloudOff";
import { Chip } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useTranslate } from "react-admin";
import { client } from "../connection.ts";

const askedEveryMs = 15_000;
const askedAgainMs = 2_000;

export function Connectivity() {
  const translate = useTranslate();
  const { isError } = useQuery({
    queryKey: ["stoa", "server"],
    queryFn: ({ signal }) => client.account.server({ signal }),
    retry: false,
    refetchInterval: (query) => (query.state.status === "error" ? askedAgainMs : askedEveryMs),
  });
  const isOnline = useSyncExternalStore(listen, () => navigator.onLine);
  if (isOnline && !isError) return null;
  const label = translate("stoa.state.offline");
  return (
    <Chip
      role="status"
      icon={<CloudOffIcon />}
      color="warning"
      size="small"
      label={label}
      sx={low}
    />
  );
}

/** On a phone it stands below, where the bar above has no room. */
const low = {
  "@media (max-width: 599px)": { position: "fixed", zIndex: 1400, insetInline: 12, bottom: 12 },
} as const;

/** The browser itself knows when there is no network at all. */
function listen(listener: () => void): () => void {
  const ending = new AbortController();
  for (const event of ["online", "offline"]) {
    window.addEventListener(event, listener, { signal: ending.signal });
  }
  return () => ending.abort();
}
