/**
 * What stands where a form will be.
 */
import { Box, Skeleton } from "@mui/material";

export function WaitingForm() {
  return (
    <Box aria-busy="true">
      {[1, 2, 3, 4, 5].map((line) => (
        <Skeleton key={line} height={52} sx={{ maxWidth: 560 }} />
      ))}
    </Box>
  );
}
