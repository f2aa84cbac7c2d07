/**
 * What can be asked of the house, in no door's words, and what came of it. A door carries a request
 * to the house by one way in: the services here, HTTP or a socket elsewhere.
 */
import { type FindOptions, type Json, type JsonObject, type Query, StoaError } from "@stoa/domain";
import type { DirectoryQuestion, Services } from "../src/service/services.ts";
import type { Secret } from "./access-truth.ts";

export type Request =
  | ({ readonly kind: "find" | "count" | "meta" | "unwind" } & Listing)
  | { readonly kind: "read" | "unwindOne"; readonly store: string; readonly id: string }
  | { readonly kind: "create"; readonly store: string; readonly bodies: readonly JsonObject[] }
  | {
      readonly kind: "update";
      readonly store: string;
      readonly id: string;
      readonly patch: JsonObject;
    }
  | {
      readonly kind: "remove";
      readonly store: string;
      readonly id: string;
      readonly parameters: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "grant";
      readonly store: string;
      readonly id: string;
      readonly principals: readonly string[];
    }
  | {
      readonly kind: "revoke";
      readonly store: string;
      readonly id: string;
      readonly principal: string;
    }
  | {
      readonly kind: "transfer";
      readonly store: string;
      readonly id: string;
      readonly to: { readonly owner?: string; readonly group?: string };
    }
  | {
      readonly kind: "explain";
      readonly store: string;
      readonly id: string;
      readonly user: string | undefined;
    }
  | {
      readonly kind: "history";
      readonly store: string;
      readonly id: string;
      readonly before: number | null;
      readonly limit: number;
    }
  | {
      readonly kind: "restore";
      readonly store: string;
      readonly id: string;
      readonly sequence: number;
    }
  | { readonly kind: "impact"; readonly group: string; readonly parent: string }
  | { readonly kind: "directory"; readonly question: DirectoryQuestion }
  | { readonly kind: "shown" };

export interface Listing {
  readonly store: string;
  readonly query: Query;
  readonly options: FindOptions;
}

export type Outcome =
  | { readonly kind: "done"; readonly value: Json }
  | { readonly kind: "refused"; readonly code: string };

/** One way in. `name` stands in the report of a difference. */
export interface Door {
  readonly name: string;
  ask(secret: Secret, request: Request): Promise<Outcome>;
}

/** The services in process. */
export function serviceDoor(services: Services): Door {
  return {
    name: "service",
    async ask(secret, request) {
      try {
        const caller = await services.sessions.authenticate(secret.way, secret.secret);
        return { kind: "done", value: await answerOf(services, caller, request) };
      } catch (cause) {
        if (cause instanceof StoaError && cause.code !== "internal") {
          return { kind: "refused", code: cause.code };
        }
        throw cause;
      }
    },
  };
}

type Caller = Awaited<ReturnType<Services["sessions"]["authenticate"]>>;

async function answerOf(services: Services, caller: Caller, request: Request): Promise<Json> {
  const entities = services.entitiesOf(caller);
  const parsed = ({ text }: { text: string }) => JSON.parse(text) as Json;
  switch (request.kind) {
    case "find":
    case "unwind": {
      const { store, query, options } = request;
      const unwind = request.kind === "unwind" ? { unwind: [["ref"]] } : {};
      const pages = await Array.fromAsync(
        await entities.find(store, query, { ...options, ...unwind }),
      );
      return pages.flatMap(({ texts }) => texts.map((text) => JSON.parse(text) as Json));
    }
    case "count":
      return entities.count(request.store, request.query, request.options);
    case "meta": {
      const meta = await entities.meta(request.store, request.query, request.options);
      const value = (text: string | null) => (text === null ? null : (JSON.parse(text) as Json));
      return { total: meta.total, first: value(meta.first), last: value(meta.last) };
    }
    case "read":
      return parsed(await entities.read(request.store, request.id));
    case "unwindOne":
      return parsed(await entities.read(request.store, request.id, { unwind: [["ref"]] }));
    case "create":
      return (await entities.createAll(request.store, request.bodies)).map(parsed);
    case "update": {
      const { store, id, patch } = request;
      return parsed(await entities.update(store, id, { kind: "merge", patch }));
    }
    case "remove": {
      const { store, id, parameters } = request;
      return parsed(await entities.remove(store, id, { parameters }));
    }
    case "grant":
      return parsed(await entities.grant(request.store, request.id, request.principals));
    case "revoke":
      return parsed(await entities.revoke(request.store, request.id, request.principal));
    case "transfer":
      return parsed(await entities.transfer(request.store, request.id, request.to));
    case "explain": {
      const { user, visible, verbs } = await entities.explain(
        request.store,
        request.id,
        request.user,
      );
      const allowed = Object.entries(verbs).map(([verb, decision]) => [verb, decision.allowed]);
      return { user, visible, verbs: Object.fromEntries(allowed) as JsonObject };
    }
    case "history":
      return historyOf(services, caller, request);
    case "restore":
      return parsed(await services.history.restore(caller, request));
    case "impact":
      return impactOf(services, caller, request);
    case "directory":
      return (await services.directory.find(caller, request.question)) as unknown as Json;
    case "shown":
      return services.stores.shownTo(caller).map(({ name }) => name);
    default:
      return request satisfies never;
  }
}

async function historyOf(
  { history }: Services,
  caller: Caller,
  request: Extract<Request, { kind: "history" }>,
): Promise<Json> {
  const before = request.before ?? Number.POSITIVE_INFINITY;
  const page = await history.read(caller, { ...request, before });
  const changes = page.changes.map(({ seq, op, entity, changed }) => {
    const shown = entity && (JSON.parse(entity.text) as JsonObject);
    return { seq, op, entity: shown, changed };
  });
  return { changes, next: page.next, gap: page.gap };
}

async function impactOf(
  { directory }: Services,
  caller: Caller,
  { group, parent }: Extract<Request, { kind: "impact" }>,
): Promise<Json> {
  const asked = { group, parent, after: "", limit: 1_000 };
  const { moved, gain, lose } = await directory.impact(caller, asked);
  const stores = Object.fromEntries(moved.stores);
  return { moved: { ...moved, stores }, gain, lose } as unknown as Json;
}
