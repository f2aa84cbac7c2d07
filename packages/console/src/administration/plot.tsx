/**
 * A small plot of one figure over the last hour: its course, its latest and its highest value.
 */
import { Box, Card, Grid, Typography, useTheme } from "@mui/material";
import { useTranslate } from "react-admin";
import { useFormatLocale } from "../text/use-format-locale.ts";

interface PlotProps {
  readonly title: string;
  /** Unix milliseconds, rising. */
  readonly times: readonly number[];
  /** Null where nothing was measured. */
  readonly values: readonly (number | null)[];
  readonly unit?: string | undefined;
}

const width = 320;
const height = 72;
const hourMs = 3_600_000;

export function Plot({ title, times, values, unit = "" }: PlotProps) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { palette } = useTheme();
  const highest = Math.max(0, ...values.map((value) => value ?? 0));
  const latest = values.at(-1) ?? 0;
  const figure = (value: number) =>
    new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(value) + unit;
  const peak = `${translate("stoa.health.highest")} ${figure(highest)}`;
  return (
    <Grid size={{ xs: 12, sm: 6, lg: 4 }}>
      <Card sx={{ p: 1.5 }}>
        <Typography variant="body2" color="textSecondary">
          {translate(title)}
        </Typography>
        <Typography variant="h6" component="p">
          {figure(latest)}
        </Typography>
        <Box
          component="svg"
          role="img"
          aria-label={`${translate(title)}: ${figure(latest)}, ${peak}`}
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          sx={{ width: 1, height }}
        >
          <path
            d={pathOf(times, values, highest)}
            fill="none"
            stroke={palette.primary.main}
            strokeWidth={1.5}
            vectorEffect="non-scaling-stroke"
          />
        </Box>
        <Typography variant="caption" color="textSecondary">
          {peak}
        </Typography>
      </Card>
    </Grid>
  );
}

/** A line through what was measured, broken where nothing was. */
function pathOf(
  times: readonly number[],
  values: readonly (number | null)[],
  highest: number,
): string {
  const end = times.at(-1) ?? 0;
  let isDrawing = false;
  return values
    .map((value, at) => {
      if (value === null) {
        isDrawing = false;
        return "";
      }
      const x = width * (1 - (end - (times[at] ?? 0)) / hourMs);
      const y = height - 2 - (highest === 0 ? 0 : (value / highest) * (height - 4));
      const move = isDrawing ? "L" : "M";
      isDrawing = true;
      return `${move}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}
