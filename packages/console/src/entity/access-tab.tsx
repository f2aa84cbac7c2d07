/**
 * Who an entity belongs to and who else may see it; changing that; and why a certain person can, or
 * cannot.
 */
import { Alert, Box, Button, Chip, Stack, Typography } from "@mui/material";
import type { Principal } from "@stoa/client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useNotify, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { Needs } from "../layout/needs.tsx";
import { PrincipalName } from "../principal-name.tsx";
import { PrincipalPicker } from "../principal-picker.tsx";
import { problemText } from "../problem-text.ts";
import { useRight } from "../use-right.ts";
import { Explanation } from "./explanation.tsx";
import { type TabProps, useKeepVersion, type Version, versionOf } from "./use-entity.ts";

export function AccessTab({ store, version }: TabProps) {
  const translate = useTranslate();
  const { entity } = version;
  const change = useChange(store, version);
  return (
    <Stack sx={{ gap: 3, maxWidth: 720 }}>
      <Block title="stoa.access.owner">
        <Box sx={line}>
          <PrincipalName id={entity.owner} />
          <Handover kind="user" store={store} onPick={({ _id }) => change({ owner: _id })} />
        </Box>
      </Block>
      <Block title="stoa.access.group">
        <Box sx={line}>
          <Branch groups={entity.branch} />
          <Handover kind="group" store={store} onPick={({ _id }) => change({ group: _id })} />
        </Box>
      </Block>
      <Block title="stoa.access.granted">
        {entity.access.length === 0 && (
          <Typography color="textSecondary">{translate("stoa.access.nobody")}</Typography>
        )}
        <Grants store={store} version={version} />
      </Block>
      <Block title="stoa.access.why">
        <Needs path={[store, ":id", "access"]}>
          <Why store={store} id={entity._id} />
        </Needs>
      </Block>
    </Stack>
  );
}

const line = {
  ...{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1, minHeight: 36 },
  width: 1,
} as const;

/** The group and those above it, the root first. */
function Branch({ groups }: { readonly groups: readonly string[] }) {
  return (
    <Typography component="span">
      {[...groups].reverse().map((id, at) => (
        <span key={id}>
          {at > 0 && " › "}
          <PrincipalName id={id} />
        </span>
      ))}
    </Typography>
  );
}

function Grants({ store, version }: TabProps) {
  const { entity } = version;
  const translate = useTranslate();
  const keep = useKept(store, version);
  const grant = useRight("POST", [store, ":id", "access"]);
  const revoke = useRight("DELETE", [store, ":id", "access", ":principal"]);
  const calls = client.store(store);
  return (
    <Box sx={line}>
      {entity.access.map((id) => (
        <Chip
          key={id}
          label={<PrincipalName id={id} />}
          disabled={!revoke.isAllowed}
          onDelete={() => keep(calls.revoke(entity._id, id))}
        />
      ))}
      <PrincipalPicker
        label={translate("stoa.access.grantTo")}
        reason={grant.reason}
        onPick={({ _id }) => keep(calls.grant(entity._id, [_id]))}
      />
    </Box>
  );
}

interface HandoverProps {
  readonly kind: Principal["kind"];
  readonly store: string;
  readonly onPick: (principal: Principal) => void;
}

function Handover({ kind, store, onPick }: HandoverProps) {
  const translate = useTranslate();
  const right = useRight("POST", [store, ":id", "transfer"]);
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) {
    return (
      <Button disabled={!right.isAllowed} title={right.reason} onClick={() => setOpen(true)}>
        {translate("stoa.access.change")}
      </Button>
    );
  }
  const pick = (principal: Principal) => {
    setOpen(false);
    onPick(principal);
  };
  return <PrincipalPicker kind={kind} label={translate("stoa.access.newOne")} onPick={pick} />;
}

function Why({ store, id }: { readonly store: string; readonly id: string }) {
  const translate = useTranslate();
  const [person, setPerson] = useState<Principal | null>(null);
  const found = useQuery({
    queryKey: ["stoa", "explain", store, id, person?._id],
    queryFn: ({ signal }) => client.store(store).explain(id, person?._id, { signal }),
  });
  return (
    <>
      <PrincipalPicker kind="user" label={translate("stoa.access.person")} onPick={setPerson} />
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      {found.data && <Explanation explanation={found.data} name={person?.name} />}
    </>
  );
}

function Block({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const translate = useTranslate();
  return (
    <Box component="section">
      <Typography component="h2" variant="subtitle2" color="textSecondary" gutterBottom>
        {translate(title)}
      </Typography>
      <Stack sx={{ gap: 1, alignItems: "flex-start" }}>{children}</Stack>
    </Box>
  );
}

function useChange(store: string, version: Version) {
  const keep = useKept(store, version);
  return (to: { owner?: string; group?: string }) =>
    keep(client.store(store).transfer(version.entity._id, to));
}

/** Takes what a sharing call answers, or tells why it was refused. */
function useKept(store: string, version: Version) {
  const notify = useNotify();
  const translate = useTranslate();
  const keep = useKeepVersion(store, version.entity._id);
  return (answer: Promise<Version["entity"]>) =>
    void answer.then(
      (changed) => keep(versionOf(changed), version),
      (error: unknown) => notify(problemText(error, translate), { type: "error" }),
    );
}
