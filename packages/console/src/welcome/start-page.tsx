/**
 * The first page: the stores one may read, or how to begin where there is none.
 */
import { Card, CardActionArea, CardContent, Grid, Typography } from "@mui/material";
import { Title, useLocaleState, useTranslate } from "react-admin";
import { Link } from "react-router-dom";
import { useStoreCount, useStores } from "../stores.ts";

export function StartPage() {
  const translate = useTranslate();
  const { data: stores } = useStores();
  return (
    <>
      <Title title="stoa.menu.stores" />
      <Grid container spacing={2} sx={{ mt: 1 }}>
        {stores?.map(({ name, title }) => (
          <Grid key={name} size={{ xs: 12, sm: 6, md: 4 }}>
            <StoreCard name={name} title={title ?? name} />
          </Grid>
        ))}
      </Grid>
      {stores?.length === 0 && <Typography>{translate("stoa.state.empty")}</Typography>}
    </>
  );
}

function StoreCard({ name, title }: { readonly name: string; readonly title: string }) {
  const translate = useTranslate();
  const [locale] = useLocaleState();
  const { data: total } = useStoreCount(name);
  const figure = total === undefined ? "…" : new Intl.NumberFormat(locale).format(total);
  return (
    <Card>
      <CardActionArea component={Link} to={`/stores/${name}`}>
        <CardContent>
          <Typography variant="h6" component="h2">
            {title}
          </Typography>
          <Typography color="text.secondary">
            {translate("stoa.table.total", { smart_count: total ?? 0, figure })}
          </Typography>
        </CardContent>
      </CardActionArea>
    </Card>
  );
}
