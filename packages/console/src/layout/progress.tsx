/**
 * How far something is, as a bar and in words.
 */
import { Box, LinearProgress, Typography } from "@mui/material";

interface ProgressProps {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly text: string;
}

export function Progress({ label, done, total, text }: ProgressProps) {
  const share = total === 0 ? 0 : Math.min(100, (done / total) * 100);
  return (
    <Box sx={{ width: 1 }}>
      <LinearProgress
        variant="determinate"
        value={share}
        aria-label={label}
        sx={{ height: 6, borderRadius: 3 }}
      />
      <Typography variant="body2" color="textSecondary" role="status" sx={{ mt: 0.5 }}>
        {text}
      </Typography>
    </Box>
  );
}
