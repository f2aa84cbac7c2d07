/**
 * Entities as react-admin asks for them, told by the client. A record is an entity with its id also
 * as `id`.
 */
import type { Entity, ListQuery, Store, Where } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import type { DataProvider, RaRecord, SortPayload } from "react-admin";
import { client } from "./connection.ts";

type Record_ = RaRecord<string>;

export const dataProvider = {
  async getList(resource, { pagination, sort, filter, signal }) {
    const { page = 1, perPage = 25 } = pagination ?? {};
    const choice = { where: filter as Where };
    const query: ListQuery = { ...choice, sortBy: sortKeys(sort), limit: perPage };
    const offset = (page - 1) * perPage;
    const [found, total] = await Promise.all([
      storeOf(resource).page({ ...query, offset }, { signal }),
      storeOf(resource).count(choice, { signal }),
    ]);
    return { data: found.entities.map(recordOf), total };
  },
  async getOne(resource, { id, signal }) {
    return { data: recordOf(await storeOf(resource).read(String(id), { signal })) };
  },
  async getMany(resource, { ids, signal }) {
    const query = { where: { _id: ids.map(String) }, limit: ids.length };
    const found = await storeOf(resource).page(query, { signal });
    return { data: found.entities.map(recordOf) };
  },
  getManyReference(resource, { target, id, ...params }) {
    const filter = { ...params.filter, [target]: id };
    return dataProvider.getList(resource, { ...params, filter });
  },
  async create(resource, { data }) {
    const draft: object = ownFields(data);
    return { data: recordOf(await storeOf(resource).create(draft)) };
  },
  async update(resource, { id, data, previousData }) {
    const patch = changedFields(ownFields(previousData), ownFields(data));
    return { data: recordOf(await storeOf(resource).update(String(id), patch)) };
  },
  async updateMany(resource, { ids, data }) {
    for (const id of ids) await storeOf(resource).update(String(id), ownFields(data));
    return { data: ids };
  },
  async delete(resource, { id }) {
    return { data: recordOf(await storeOf(resource).remove(String(id))) };
  },
  async deleteMany(resource, { ids }) {
    for (const id of ids) await storeOf(resource).remove(String(id));
    return { data: ids };
  },
} as DataProvider;

/** The server's own fields, which no form sends. */
const serverFields: ReadonlySet<string> = new Set(
  "id _id owner group access branch time _at".split(" "),
);

function ownFields(record: object): JsonObject {
  const fields = Object.entries(record).filter(
    ([key, value]) => !serverFields.has(key) && value !== undefined,
  );
  return Object.fromEntries(fields) as JsonObject;
}

/** A merge patch of the first level: what differs, and null for what is gone. */
function changedFields(before: JsonObject, after: JsonObject): JsonObject {
  const isSame = (key: string) => JSON.stringify(before[key]) === JSON.stringify(after[key]);
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = keys.filter((key) => !isSame(key));
  return Object.fromEntries(changed.map((key) => [key, after[key] ?? null])) as JsonObject;
}

function recordOf(entity: Entity<object>): Record_ {
  return { ...entity, id: entity._id };
}

function storeOf(resource: string): Store<object> {
  return client.store<object>(resource);
}

function sortKeys(sort: SortPayload | undefined): string[] {
  if (!sort || sort.field === "id" || sort.field === "_id") {
    return sort?.order === "DESC" ? ["-_id"] : [];
  }
  return [`${sort.order === "DESC" ? "-" : ""}${sort.field}`];
}
