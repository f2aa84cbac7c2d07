/**
 * A reference to an entity of a store: shown by what that is called, found by name. What one may
 * not see stays an id.
 */
import OpenIcon from "@mui/icons-material/OpenInNewOutlined";
import { Autocomplete, Box, IconButton, TextField } from "@mui/material";
import type { JsonObject } from "@stoa/domain";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslate } from "react-admin";
import { Link } from "react-router-dom";
import { client } from "../connection.ts";
import { useStore } from "../stores.ts";
import { offeredColumns } from "../table/columns.ts";
import { namingPath, quickChoice, quickOf } from "../table/quick-choice.ts";
import { entityTitle } from "./entity-title.ts";

interface ReferenceFieldProps {
  readonly store: string;
  readonly label: string;
  readonly required: boolean;
  readonly disabled: boolean;
  readonly error: boolean;
  readonly helperText: string;
  readonly value: string | null;
  readonly onChange: (id: string | undefined) => void;
}

interface Option {
  readonly id: string;
  readonly title: string;
}

const shownMax = 20;

export function ReferenceField({ store, value, onChange, ...input }: ReferenceFieldProps) {
  const translate = useTranslate();
  const [text, setText] = useState("");
  const referred = useReferred(store, value);
  const { data: options = [], isFetching } = useOptions(store, text);
  const { disabled, ...field } = input;
  return (
    <Box sx={{ display: "flex", alignItems: "start", gap: 0.5 }}>
      <Autocomplete
        fullWidth
        disabled={disabled}
        options={options}
        getOptionLabel={({ title }) => title}
        getOptionKey={({ id }) => id}
        isOptionEqualToValue={(one, other) => one.id === other.id}
        filterOptions={(all) => all}
        loading={isFetching}
        value={referred}
        onInputChange={(_, typed, why) => setText(why === "input" ? typed : "")}
        onChange={(_, picked) => onChange(picked?.id)}
        renderInput={(params) => <TextField {...params} {...field} />}
      />
      {value !== null && (
        <IconButton
          component={Link}
          to={`/stores/${store}/${value}`}
          aria-label={translate("stoa.action.open")}
          sx={{ mt: 1 }}
        >
          <OpenIcon fontSize="small" />
        </IconButton>
      )}
    </Box>
  );
}

function useReferred(store: string, id: string | null): Option | null {
  const { data } = useQuery({
    queryKey: ["stoa", "referred", store, id],
    queryFn: async ({ signal }) =>
      entityTitle(await client.store(store).read(id ?? "", { signal })),
    enabled: id !== null,
    retry: false,
  });
  return id === null ? null : { id, title: data ?? id };
}

function useOptions(store: string, text: string) {
  const definition = useStore(store);
  const schema = definition?.schema as JsonObject | null | undefined;
  const isByWords = (definition?.search ?? []).length > 0;
  const path = isByWords ? null : (namingPath(offeredColumns(schema, [])) ?? "name");
  const quick = quickOf(text, path);
  return useQuery({
    queryKey: ["stoa", "references", store, quick],
    queryFn: async ({ signal }): Promise<Option[]> => {
      const query = { ...(quick && quickChoice(quick)), limit: shownMax };
      const { entities } = await client.store(store).page(query, { signal });
      return entities.map((entity) => ({ id: entity._id, title: entityTitle(entity) }));
    },
    placeholderData: keepPreviousData,
  });
}
