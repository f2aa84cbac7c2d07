/**
 * Shows something only to whom the role allows it, and to others why not. The server decides; this
 * keeps the page from asking for what would be refused.
 */
import { Alert, Skeleton } from "@mui/material";
import type { ReactNode } from "react";
import { Title } from "react-admin";
import { useRight } from "../use-right.ts";

interface NeedsProps {
  /** What must be readable: `["statistics"]`, `["cities", ":id", "history"]`. */
  readonly path: readonly string[];
  /** Of the page, where this stands for all of it. */
  readonly title?: string;
  readonly children: ReactNode;
}

export function Needs({ path, title, children }: NeedsProps) {
  const right = useRight("GET", path);
  if (!right.isKnown) return <Skeleton variant="rounded" height={120} />;
  if (right.isAllowed) return children;
  return (
    <>
      {title !== undefined && <Title title={title} />}
      <Alert severity="info" sx={{ mt: 1 }}>
        {right.reason}
      </Alert>
    </>
  );
}
