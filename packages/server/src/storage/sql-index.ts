/**
 * The sets of paths that a store declares, as both SQL databases keep them and name their indexes.
 * Knows no statements.
 */
import { createHash } from "node:crypto";
import { type Path, pathText, type StoreDefinition } from "@stoa/domain";

/** The part of a definition that the database keeps beside the entity that declares it. */
export type DeclaredSets = Pick<StoreDefinition, "unique" | "indexes" | "search">;

export function setsText({ unique, indexes, search }: DeclaredSets): string {
  return JSON.stringify({ unique, indexes, search });
}

/** `e3_u_9f8e7d6c5b4a3210`: what is declared twice or built ahead is found again by its name. */
export function indexName(n: number, kind: "i" | "u", paths: readonly Path[]): string {
  const text = JSON.stringify(paths.map(pathText));
  return `e${n}_${kind}_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** Those that can be made, each once. */
export function eachOnce<Index extends { readonly name: string }>(
  declared: readonly (Index | undefined)[],
): readonly Index[] {
  const known = declared.filter((index) => index !== undefined);
  return [...new Map(known.map((index) => [index.name, index])).values()];
}
