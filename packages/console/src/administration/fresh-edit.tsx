/**
 * A form of a person or a role that begins with what is there now: what a list has brought may be
 * older, and the form would begin anew over what was typed when the newest arrives.
 */
import { Skeleton, Stack } from "@mui/material";
import { type ReactNode, useEffect, useState } from "react";
import { Edit, useEditContext } from "react-admin";

export function FreshEdit({ children }: { readonly children: ReactNode }) {
  return (
    <Edit mutationMode="pessimistic" redirect={false}>
      <OnceFresh>{children}</OnceFresh>
    </Edit>
  );
}

function OnceFresh({ children }: { readonly children: ReactNode }) {
  const { refetch } = useEditContext();
  const [isFresh, setFresh] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is fetched once.
  useEffect(() => {
    void refetch({ cancelRefetch: false }).finally(() => setFresh(true));
  }, []);
  if (isFresh) return children;
  return (
    <Stack aria-busy="true" sx={{ p: 2, maxWidth: 560 }}>
      {[1, 2, 3, 4, 5].map((line) => (
        <Skeleton key={line} height={64} />
      ))}
    </Stack>
  );
}
