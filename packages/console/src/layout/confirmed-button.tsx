/**
 * A button that asks once more before something goes for good, and is busy until it is gone.
 */
import { Button } from "@mui/material";
import { useState } from "react";
import { Confirm } from "react-admin";
import { useToldAttempt } from "../use-attempt.ts";

interface ConfirmedButtonProps {
  readonly label: string;
  readonly title: string;
  readonly content: string;
  /** Why it cannot be used; empty where it can. */
  readonly reason?: string;
  readonly onConfirm: () => Promise<unknown>;
}

export function ConfirmedButton(props: ConfirmedButtonProps) {
  const { label, title, content, reason = "", onConfirm } = props;
  const [isAsking, setAsking] = useState(false);
  const { isBusy, attempt } = useToldAttempt();
  const close = () => setAsking(false);
  return (
    <>
      <Button color="error" disabled={reason !== ""} title={reason} onClick={() => setAsking(true)}>
        {label}
      </Button>
      <Confirm
        isOpen={isAsking}
        loading={isBusy}
        title={title}
        content={content}
        confirm={label}
        confirmColor="warning"
        onConfirm={() => attempt(() => onConfirm().finally(close))}
        onClose={() => !isBusy && close()}
      />
    </>
  );
}
