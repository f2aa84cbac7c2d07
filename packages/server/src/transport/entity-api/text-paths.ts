/**
 * Which fields of a schema hold texts and nothing else, so that a cell `12` there is a text.
 */
import { isJsonObject, type JsonObject, ownValue } from "@stoa/domain";

/** Dotted paths: `{"name", "address.zip"}`, and the system fields that are texts. */
export function textPathsOf(schema: JsonObject | null): ReadonlySet<string> {
  const paths = new Set(["_id", "owner", "group"]);
  if (schema) addTexts(paths, schema, "", 0);
  return paths;
}

function addTexts(paths: Set<string>, schema: JsonObject, prefix: string, depth: number): void {
  const properties = ownValue(schema, "properties");
  if (!isJsonObject(properties) || depth > depthMax) return;
  for (const [name, inner] of Object.entries(properties)) {
    if (!isJsonObject(inner)) continue;
    if (ownValue(inner, "type") === "string") paths.add(prefix + name);
    addTexts(paths, inner, `${prefix}${name}.`, depth + 1);
  }
}

const depthMax = 32;
