/**
 * The refusal that every engine gives for an id or a unique set that is taken.
 */
import { type Path, pathText, StoaError } from "@stoa/domain";

/** `conflict` with one violation for each path of the set that is taken. */
export function taken(store: string, paths: readonly Path[]): StoaError {
  const details = paths.map((path) => ({
    path: pathText(path),
    rule: "unique",
    message: "is taken by another entity",
  }));
  const names = details.map(({ path }) => path).join(", ");
  return new StoaError("conflict", `${names}: taken by another entity`, { store, details });
}
