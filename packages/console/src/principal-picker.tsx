/**
 * Finds a person or a group by name.
 */
import { Autocomplete, TextField } from "@mui/material";
import type { Principal } from "@stoa/client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "./connection.ts";

interface PrincipalPickerProps {
  readonly kind?: Principal["kind"];
  readonly label: string;
  /** Why it cannot be used; empty where it can. */
  readonly reason?: string;
  readonly onPick: (principal: Principal) => void;
}

const shownMax = 20;

export function PrincipalPicker({ kind, label, reason = "", onPick }: PrincipalPickerProps) {
  const [prefix, setPrefix] = useState("");
  const { data = [], isFetching } = useQuery({
    queryKey: ["stoa", "principals", prefix],
    queryFn: ({ signal }) => client.account.principals({ prefix, limit: 100 }, { signal }),
    placeholderData: keepPreviousData,
  });
  const fitting = data.filter((one) => kind === undefined || one.kind === kind);
  return (
    <Autocomplete
      options={fitting.slice(0, shownMax)}
      getOptionLabel={({ name }) => name}
      getOptionKey={({ _id }) => _id}
      filterOptions={(all) => all}
      loading={isFetching}
      disabled={reason !== ""}
      blurOnSelect
      value={null}
      inputValue={prefix}
      onInputChange={(_, text, why) => setPrefix(why === "input" ? text : "")}
      onChange={(_, picked) => picked && onPick(picked)}
      renderInput={(input) => <TextField {...input} label={label} helperText={reason} />}
      sx={{ width: 260, maxWidth: 1 }}
    />
  );
}
