/**
 * The first page: the stores one may read, and how to begin where there is none of one's own.
 */
import { Card, CardActionArea, CardContent, Grid, Skeleton, Typography } from "@mui/material";
import { Title, useTranslate } from "react-admin";
import { Link, useLocation } from "react-router-dom";
import { useStoreCount, useStores } from "../stores.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { Welcome } from "./welcome.tsx";

export function StartPage() {
  const { data: stores } = useStores();
  const isAsked = useLocation().pathname === "/start";
  const isNew = stores?.every(({ flavour }) => flavour === "reference") ?? false;
  return (
    <>
      <Title title={isAsked || isNew ? "stoa.welcome.title" : "stoa.menu.stores"} />
      {(isAsked || isNew) && <Welcome />}
      <Grid container spacing={2} sx={{ mt: 1 }}>
        {stores === undefined && <Waiting />}
        {stores?.map(({ name, title }) => (
          <Grid key={name} size={{ xs: 12, sm: 6, md: 4 }}>
            <StoreCard name={name} title={title ?? name} />
          </Grid>
        ))}
      </Grid>
    </>
  );
}

function Waiting() {
  return [1, 2, 3].map((card) => (
    <Grid key={card} size={{ xs: 12, sm: 6, md: 4 }}>
      <Skeleton variant="rounded" height={88} />
    </Grid>
  ));
}

function StoreCard({ name, title }: { readonly name: string; readonly title: string }) {
  const translate = useTranslate();
  const locale = useFormatLocale();
  const { data: total } = useStoreCount(name);
  const figure = total === undefined ? "…" : new Intl.NumberFormat(locale).format(total);
  return (
    <Card>
      <CardActionArea component={Link} to={`/stores/${name}`}>
        <CardContent>
          <Typography variant="h6" component="h2">
            {title}
          </Typography>
          <Typography color="textSecondary">
            {translate("stoa.table.total", { smart_count: total ?? 0, figure })}
          </Typography>
        </CardContent>
      </CardActionArea>
    </Card>
  );
}
