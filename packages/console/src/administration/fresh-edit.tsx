/**
 * A form of a person or a role that begins with what is there now: what a list has brought may be
 * older, and the form would begin anew over what was typed when the newest arrives.
 */
import { Box } from "@mui/material";
import { type ReactNode, useEffect, useState } from "react";
import { Edit, useEditContext } from "react-admin";
import { WaitingForm } from "../layout/waiting-form.tsx";

export function FreshEdit({ children }: { readonly children: ReactNode }) {
  return (
    <Edit mutationMode="pessimistic" redirect={false}>
      <OnceFresh>{children}</OnceFresh>
    </Edit>
  );
}

function OnceFresh({ children }: { readonly children: ReactNode }) {
  const { refetch, isFetching } = useEditContext();
  const [isAnswered, setAnswered] = useState(false);
  const [isFresh, setFresh] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is fetched once.
  useEffect(() => {
    void refetch({ cancelRefetch: false }).finally(() => setAnswered(true));
  }, []);
  // What the answer was is told later than that it has come, and together with this.
  if (isAnswered && !isFetching && !isFresh) setFresh(true);
  if (isFresh) return children;
  return (
    <Box sx={{ p: 2 }}>
      <WaitingForm />
    </Box>
  );
}
