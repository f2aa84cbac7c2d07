/**
 * A text for machines, shown as such, to be copied with one click.
 */
import { Box } from "@mui/material";
import { CopyButton } from "./copy-button.tsx";

export function CodeLine({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <Box
      sx={{
        display: "flex",
        alignItems: "center",
        gap: 1,
        p: 1,
        border: 1,
        borderColor: "divider",
        borderRadius: 1,
        bgcolor: "action.hover",
      }}
    >
      <Box
        component="code"
        aria-label={label}
        sx={{ flexGrow: 1, overflowWrap: "anywhere", fontSize: 13, whiteSpace: "pre-wrap" }}
      >
        {text}
      </Box>
      <CopyButton text={text} label={label} />
    </Box>
  );
}
