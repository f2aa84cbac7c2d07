/**
 * Opens a data address for a move, as `open-engine.ts` does for a server.
 */
import { isPostgres } from "./postgres-address.ts";
import { openSqliteSource, openSqliteTarget } from "./sqlite-transfer.ts";
import type { TransferOptions, TransferSource, TransferTarget } from "./transfer.ts";

/** Errors: `unavailable` where nothing can be read, or somebody uses it. */
export async function openSource(data: string): Promise<TransferSource> {
  if (!isPostgres(data)) return openSqliteSource(data);
  return (await import("./postgres-transfer.ts")).openPostgresSource(data);
}

/** Errors: as before; `conflict` where something else is kept already. */
export async function openTarget(data: string, options: TransferOptions): Promise<TransferTarget> {
  if (!isPostgres(data)) return openSqliteTarget(data, options);
  return (await import("./postgres-transfer.ts")).openPostgresTarget(data, options);
}
