/**
 * What is particular to stores of the reference API: the shape of their objects, times within them,
 * and ids that may be given. The same through every door.
 */
import {
  changeReference,
  createReference,
  isUuid,
  type JsonObject,
  mergeReference,
  violation,
} from "@stoa/domain";
import type { Alteration, Created, Creation, StoreRules, Write } from "./house.ts";

export const referenceRules: StoreRules = {
  kind: "shared",
  system: false,
  givenId,
  merge: mergeReference,

  async create(_write: Write, { head, fields }: Creation): Promise<Created> {
    return { head, fields: createReference(fields, head.time) };
  },

  async update(write: Write, { old, fields }: Alteration): Promise<JsonObject> {
    return changeReference(old, fields, write.time);
  },
};

/** Of any version or none (design 4); kept in lower case. */
function givenId(id: string): string {
  const lower = id.toLowerCase();
  if (isUuid(lower)) return lower;
  throw violation("id", "format", "must be 8-4-4-4-12 hex digits");
}
