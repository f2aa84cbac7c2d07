/**
 * A text for those who listen to a page: the head of a column of buttons, say.
 */
import { Box } from "@mui/material";
import { useTranslate } from "react-admin";

/** @param text its key. */
export function Unseen({ text }: { readonly text: string }) {
  const translate = useTranslate();
  return (
    <Box component="span" sx={unseen}>
      {translate(text)}
    </Box>
  );
}

const unseen = {
  position: "absolute",
  width: "1px",
  overflow: "hidden",
  whiteSpace: "nowrap",
  clipPath: "inset(50%)",
} as const;
