/**
 * Rights as a matrix: a row for each store, a column for each verb. A cross is a right as the API
 * writes it (`PATCH cities/*`); wider ones, such as `* *`, show as given and are kept below.
 */
import {
  Autocomplete,
  Checkbox,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  TextField,
  Typography,
} from "@mui/material";
import { contains, parseCredential } from "@stoa/domain";
import { useQuery } from "@tanstack/react-query";
import { useInput, useTranslate } from "react-admin";
import { client } from "../connection.ts";

const methods = ["GET", "POST", "PATCH", "DELETE"] as const;

export function RightsInput({ source }: { readonly source: string }) {
  const translate = useTranslate();
  const { field } = useInput({ source, defaultValue: [] });
  const held: readonly string[] = field.value ?? [];
  const { data = [] } = useQuery({
    queryKey: ["stoa", "permissions"],
    queryFn: ({ signal }) => client.administration.permissions({ signal }),
  });
  const stores = data.filter(({ kind }) => kind !== "server");
  const toggle = (text: string) => field.onChange(toggled(held, text));
  return (
    <>
      <Autocomplete
        multiple
        freeSolo
        fullWidth
        options={["*", "* *", "GET *", "LOOKUP *"]}
        value={[...held]}
        onChange={(_, texts) => field.onChange(texts)}
        renderInput={(input) => (
          <TextField
            {...input}
            label={translate("stoa.roles.allows")}
            helperText={translate("stoa.roles.hint")}
          />
        )}
      />
      <TableContainer
        role="region"
        aria-label={translate("stoa.roles.allows")}
        tabIndex={0}
        sx={{ maxHeight: 520, mt: 1 }}
      >
        <Table size="small" stickyHeader sx={{ "& th, & td": { px: { xs: 0.5, sm: 2 } } }}>
          <TableHead>
            <TableRow>
              <TableCell>{translate("stoa.roles.store")}</TableCell>
              {methods.map((method) => (
                <TableCell key={method} align="center">
                  {translate(`stoa.roles.verb.${method}`)}
                </TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {stores.map(({ name, title }) => (
              <TableRow key={name} hover>
                <TableCell component="th" scope="row">
                  {systemTexts[name] ? translate(systemTexts[name]) : (title ?? name)}{" "}
                  <Typography variant="caption">{name}</Typography>
                </TableCell>
                {methods.map((method) => (
                  <RightCell
                    key={method}
                    label={`${method} ${name}`}
                    text={`${method} ${name}/*`}
                    held={held}
                    onToggle={toggle}
                  />
                ))}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </>
  );
}

/** Stores of the system have no titles of their own. */
const systemTexts: Readonly<Record<string, string>> = {
  "*": "stoa.roles.everyStore",
  users: "stoa.menu.users",
  groups: "stoa.menu.groups",
  roles: "stoa.menu.roles",
  sessions: "stoa.menu.sessions",
  tokens: "stoa.account.tokens",
  stores: "stoa.menu.definitions",
};

interface RightCellProps {
  readonly label: string;
  readonly text: string;
  readonly held: readonly string[];
  readonly onToggle: (text: string) => void;
}

/** Given by a wider right, it can only be taken away there. */
function RightCell({ label, text, held, onToggle }: RightCellProps) {
  const isOwn = held.includes(text);
  const isWider = !isOwn && held.some((other) => isWithin(other, text));
  return (
    <TableCell align="center" padding="none">
      <Checkbox
        size="small"
        checked={isOwn || isWider}
        disabled={isWider}
        onChange={() => onToggle(text)}
        slotProps={{ input: { "aria-label": label } }}
      />
    </TableCell>
  );
}

/** What is still being typed gives nothing. */
function isWithin(outer: string, inner: string): boolean {
  try {
    return contains(parseCredential(outer), parseCredential(inner));
  } catch {
    return false;
  }
}

function toggled(texts: readonly string[], text: string): string[] {
  return texts.includes(text) ? texts.filter((one) => one !== text) : [...texts, text];
}
