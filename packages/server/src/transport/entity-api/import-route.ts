/**
 * `POST /:store/import`: many entities out of a body that is read as it comes, with its progress as
 * NDJSON; or with `?dry=1` what the first rows would come to. Knows words on the wire.
 */
import { type Caller, limit, StoaError, violation } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import type { ImportEvent, ImportQuestion, PreviewRow } from "../../service/services.ts";
import { sendPrivate } from "../answer.ts";
import { sendProgress } from "../progress-stream.ts";
import { parameterRecord } from "../query-string.ts";
import { apiPrefix, asCaller, type House, queryText, type Route } from "../route.ts";
import { type ImportFormat, importRows } from "./import-rows.ts";
import { textPathsOf } from "./text-paths.ts";

export function importRoute(house: House): Route {
  return {
    path: `${apiPrefix}/:store/import`,
    verbs: { POST: asCaller(house, (...call) => importEntities(house, ...call)) },
  };
}

type Call = [caller: Caller, request: FastifyRequest, reply: FastifyReply];

/** What is left of the body is thrown away, so that a client that is busy sending reads on. */
async function importEntities(house: House, ...call: Call): Promise<void> {
  const { raw } = call[1];
  try {
    await answerImport(house, ...call);
  } finally {
    if (!raw.complete) raw.resume();
  }
}

async function answerImport(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store } = request.params as { store: string };
  requireAct(caller, { method: "POST", path: [store, "import"] });
  const parameters = parameterRecord(queryText(request));
  const question = questionOf(house, caller, store, request, parameters);
  if (isOn(parameters, "dry")) return sendPreview(house, caller, question, parameters, reply);
  const events = house.services.imports.run(caller, question);
  await sendProgress(house, { request, reply }, events, (event) => eventOf(house, event));
}

async function sendPreview(
  { services }: House,
  caller: Caller,
  question: ImportQuestion,
  parameters: Readonly<Record<string, string>>,
  reply: FastifyReply,
): Promise<void> {
  const size = parameters["limit"];
  const isCount = size === undefined || /^\d{1,9}$/.test(size);
  const count = size === undefined ? limit.importPreviewDefault : Number(size);
  if (!isCount || count < 1 || count > limit.importPreviewMax) {
    throw violation("limit", "maximum", `must be from 1 to ${limit.importPreviewMax}`);
  }
  const rows = await services.imports.preview(caller, { ...question, limit: count });
  sendPrivate(reply, `{"success":true,"rows":[${rows.map(previewText).join(",")}]}`);
}

function questionOf(
  { services }: House,
  caller: Caller,
  store: string,
  request: FastifyRequest,
  parameters: Readonly<Record<string, string>>,
): ImportQuestion {
  const format = formatOf(request, parameters["format"]);
  const shown = services.stores.shownTo(caller).find(({ name }) => name === store);
  const textPaths = textPathsOf(shown?.schema ?? null);
  const delimiter = delimiterOf(parameters["delimiter"]);
  const rows = importRows(request.raw.iterator({ destroyOnReturn: false }), {
    format,
    delimiter,
    textPaths,
  });
  return { store, rows, upsert: isOn(parameters, "upsert") };
}

const mediaTypes: ReadonlyMap<string, ImportFormat> = new Map<string, ImportFormat>([
  ["application/json", "json"],
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["text/csv", "csv"],
]);

/** By `format=`, else by the content type. Errors: `validation`, `media_type`. */
function formatOf({ raw }: FastifyRequest, format: string | undefined): ImportFormat {
  const encoding = raw.headers["content-encoding"] ?? "identity";
  const type = (raw.headers["content-type"] ?? "application/json").split(";", 1)[0];
  const known = mediaTypes.get(type?.trim().toLowerCase() ?? "");
  if (!known || encoding.toLowerCase() !== "identity") {
    const message = "Send text/csv, application/x-ndjson or application/json, not compressed.";
    throw new StoaError("media_type", message);
  }
  if (format === undefined) return known;
  if (format === "csv" || format === "ndjson" || format === "json") return format;
  throw violation("format", "enum", "must be csv, ndjson or json");
}

function delimiterOf(text: string | undefined): string {
  if (text === undefined || text === "") return ",";
  const delimiter = text === "tab" ? "\t" : text;
  if ([",", ";", "\t", "|"].includes(delimiter)) return delimiter;
  throw violation("delimiter", "enum", "must be a comma, a semicolon, a bar or tab");
}

function isOn(parameters: Readonly<Record<string, string>>, name: string): boolean {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : "0";
  return value !== "0" && value !== "false";
}

/** `{"kind":"error","row":7,"message":"name: is required","details":[..]}` */
function eventOf({ services }: House, event: ImportEvent): object {
  if (event.kind === "error") return { kind: "error", row: event.row, ...errorValue(event.error) };
  const { kind, ...counts } = event;
  if (kind !== "end") return { kind, ...counts };
  return { kind, success: true, ...counts, sequence: services.sequence() };
}

function errorValue({ code, message, details }: StoaError): object {
  return { code, message, ...(details && { details }) };
}

function previewText({ row, text, error }: PreviewRow): string {
  if (error) return JSON.stringify({ row, entity: null, error: errorValue(error) });
  return `{"row":${row},"entity":${text}}`;
}
