/**
 * What an entity is called where its id says too little.
 */
import type { JsonObject } from "@stoa/domain";
import { ownFields } from "./use-entity.ts";

const names = ["title", "name", "label", "login", "subject", "type"];

/** The first of the usual names that is a text, else the first text there is, else the id. */
export function entityTitle(entity: JsonObject): string {
  const usual = names.map((name) => (Object.hasOwn(entity, name) ? entity[name] : undefined));
  const texts = [...usual, ...Object.values(ownFields(entity))];
  const found = texts.find((text) => typeof text === "string" && text.trim() !== "");
  return typeof found === "string" ? found.slice(0, 80) : String(entity["_id"] ?? "");
}
