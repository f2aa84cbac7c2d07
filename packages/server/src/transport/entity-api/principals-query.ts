/**
 * What is asked of the directory, out of the words of a query. Knows notations only.
 */
import { limit, violation } from "@stoa/domain";
import type { DirectoryQuestion } from "../../service/services.ts";

/** `{ids: "<id>,<id>", prefix: "A", limit: "10"}`. Errors: `validation`. */
export function questionOf({
  ids,
  prefix,
  limit: size,
}: Readonly<Record<string, string>>): DirectoryQuestion {
  const { principalsMax } = limit;
  if (size !== undefined && !(/^\d{1,9}$/.test(size) && Number(size) <= principalsMax)) {
    throw violation("limit", "integer", `must be an integer from 0 to ${principalsMax}`);
  }
  const wanted = ids?.split(",").map((id) => id.toLowerCase());
  if (wanted && wanted.length > principalsMax) {
    throw violation("ids", "maxItems", `must not name more than ${principalsMax} ids`);
  }
  return {
    ...(wanted && { ids: wanted }),
    ...(prefix !== undefined && { prefix }),
    ...(size !== undefined && { limit: Number(size) }),
  };
}
