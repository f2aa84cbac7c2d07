/**
 * Entities as react-admin asks for them, told by the client. A record is an entity with its id also
 * as `id`.
 */
import { type Entity, type ListQuery, StoaError, type Store, type Where } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import type { DataProvider, RaRecord, SortPayload } from "react-admin";
import { client } from "./connection.ts";
import { problemsByPath, problemText } from "./problem-text.ts";
import { textProvider } from "./text/text.ts";

type Record_ = RaRecord<string>;

const calls = {
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
    return calls.getList(resource, { ...params, filter });
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

/** Refusals come in the language that is spoken. */
export const dataProvider = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    name,
    async (...question: unknown[]) => {
      try {
        return await call(...question);
      } catch (error) {
        throw spoken(error);
      }
    },
  ]),
) as DataProvider;

/** With what is wrong with each field, as react-admin's forms read it: they are not saved then. */
function spoken(error: unknown): unknown {
  if (!(error instanceof StoaError)) return error;
  const { translate } = textProvider;
  const text = problemText(error, translate);
  const { code, details = [] } = error;
  const fields = Object.fromEntries(problemsByPath(error, translate));
  const errors = { ...fields, root: { serverError: text } };
  return Object.assign(new StoaError(code, text, { details, cause: error }), { body: { errors } });
}

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
