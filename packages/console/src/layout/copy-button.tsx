/**
 * Copies a text, and says that it did.
 */
import CopyIcon from "@mui/icons-material/ContentCopyOutlined";
import { IconButton, Tooltip } from "@mui/material";
import { useNotify, useTranslate } from "react-admin";

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for those who do not see the picture. */
  readonly label?: string;
}

export function CopyButton({ text, label }: CopyButtonProps) {
  const translate = useTranslate();
  const copy = useCopy(text);
  const title = label ?? translate("stoa.action.copy");
  return (
    <Tooltip title={title}>
      <IconButton size="small" aria-label={title} onClick={copy}>
        <CopyIcon fontSize="inherit" />
      </IconButton>
    </Tooltip>
  );
}

export function useCopy(text: string): () => void {
  const notify = useNotify();
  return () =>
    void copyText(text).then(
      () => notify("stoa.action.copied", { type: "info", autoHideDuration: 2_000 }),
      () => notify("stoa.state.failed", { type: "warning" }),
    );
}

/** The clipboard of the browser is there only for pages that came by TLS or from this machine. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (!isDone) throw new Error("not copied");
}
