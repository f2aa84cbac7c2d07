/**
 * What is kept of answers, and what happens when one says that nobody is signed in any more. The
 * client repeats what may be repeated, so nothing is repeated here.
 */
import { StoaError } from "@stoa/client";
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { forgetSelf, wasSignedIn } from "./connection.ts";
import { loadAnew } from "./unsaved/leaving.ts";

export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: false } },
  queryCache: new QueryCache({ onError: leaveWhereOver }),
});

/** A session that was ended elsewhere leads to where one signs in, and back from there. */
export function leaveWhereOver(error: unknown): void {
  const isOver = error instanceof StoaError && error.code === "unauthorized";
  if (!isOver || !wasSignedIn()) return;
  forgetSelf();
  // The page begins anew, so that nothing of the one who was there is left.
  loadAnew();
}
