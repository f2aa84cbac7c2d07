/**
 * What each outcome is in HTTP: the only file with status numbers, and the one form of an error's
 * body (seed, "HTTP Status Codes"; design 3, "Errors"). Knows no route and no service.
 */
import { STATUS_CODES } from "node:http";
import { type ErrorCode, StoaError } from "@stoa/domain";

/** Success is exactly 200 in the entity API (design 3): existing clients test for it. */
export const status = { ok: 200, noContent: 204, notModified: 304 } as const;

/** An error as an answer, before it has gone anywhere. */
export interface Problem {
  readonly status: number;
  /** `{"Allow": "GET, HEAD"}`, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** `{"success":false,"code":"404","message":"Not Found","tags":["error_not_found"],...}` */
  readonly text: string;
}

interface Form {
  readonly status: number;
  readonly tags: readonly string[];
}

/** Every code of `domain/error.ts`; `docs/errors.md` has a row for each. */
export const forms: Readonly<Record<ErrorCode, Form>> = {
  unauthorized: { status: 401, tags: ["error_unauthorized"] },
  forbidden: { status: 403, tags: ["error_credentials", "error_forbidden"] },
  not_found: { status: 404, tags: ["error_not_found"] },
  validation: { status: 400, tags: ["error_validation"] },
  conflict: { status: 409, tags: ["error_conflict"] },
  precondition: { status: 412, tags: ["error_precondition"] },
  too_large: { status: 413, tags: ["error_too_large"] },
  media_type: { status: 415, tags: ["error_media_type"] },
  method: { status: 405, tags: ["error_method"] },
  rate_limit: { status: 429, tags: ["error_rate_limit"] },
  timeout: { status: 503, tags: ["error_timeout"] },
  unavailable: { status: 503, tags: ["error_unavailable"] },
  internal: { status: 500, tags: ["error_internal"] },
};

/**
 * The answer to an error of whatever kind.
 * @param fault gets what is a mistake of ours, and gives the id of the incident; the client is told
 * that id and neutral words.
 */
export function problemOf(error: unknown, fault: (cause: unknown) => string): Problem {
  if (!(error instanceof StoaError) || error.code === "internal") {
    const incident = fault(error);
    const helper = { message: `This is our mistake; it is in the log as ${incident}.` };
    return { ...render(forms.internal, { helper, incident }), headers: {} };
  }
  // Nothing is wrong with the request: whoever runs the server wants to know why it was refused.
  if (error.code === "unavailable" && error.cause !== undefined) fault(error);
  const form = forms[error.code];
  const tags = error.store !== undefined && error.code === "not_found" ? storeTag(error.store) : [];
  return {
    ...render(
      { ...form, tags: [...form.tags, ...tags] },
      { helper: { message: error.message }, ...(error.details && { details: error.details }) },
    ),
    headers: headersOf(error),
  };
}

/** Faults of the protocol, which no route has seen; by the code of Node's parser. */
export function protocolProblem(code: string | undefined): Problem {
  const { status: number, tag, message, headers } = protocolFault(code);
  return { ...render({ status: number, tags: [tag] }, { helper: { message } }), headers };
}

/** What such a fault is, in whatever form it is told. */
export interface ProtocolFault {
  readonly status: number;
  readonly tag: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function protocolFault(code: string | undefined): ProtocolFault {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return faultOf(431, "error_too_large", "The request line and headers are too long.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return faultOf(408, "error_timeout", "The request did not arrive in time.");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return faultOf(413, "error_too_large", "The extensions of the chunks are too long.");
    case "CONNECT":
      return { ...faultOf(405, "error_method", "This is no proxy."), headers: { allow: "" } };
    case "UPGRADE":
      return {
        ...faultOf(426, "error_upgrade", "This is a WebSocket: ask with `Upgrade: websocket`."),
        headers: { upgrade: "websocket", connection: "Upgrade" },
      };
    case "OVERRIDE":
      return faultOf(
        400,
        "error_validation",
        "X-HTTP-Method-Override: must be PATCH, DELETE or LOOKUP, on POST.",
      );
    case "HOST":
      return faultOf(400, "error_validation", "Host: must be there in HTTP/1.1.");
    default:
      return faultOf(400, "error_validation", "This is no HTTP request.");
  }
}

/** The bytes of an answer where there is no response object; the connection ends with it. */
export function rawProblem({ status: code, headers, text }: Problem): string {
  const lines = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${text}`;
}

function faultOf(code: number, tag: string, message: string): ProtocolFault {
  return { status: code, tag, message, headers: {} };
}

function render({ status: code, tags }: Form, more: object): { status: number; text: string } {
  const message = STATUS_CODES[code];
  const body = { success: false, code: String(code), message, tags, codes: tags };
  return { status: code, text: JSON.stringify({ ...body, name: "StoaError", ...more }) };
}

/** A store's name as a tag; what is no name of a store makes none. */
function storeTag(store: string): string[] {
  return /^[a-z][a-z0-9_-]{0,62}$/.test(store) ? [`error_${store}`] : [];
}

export function headersOf({ code, allow, retryAfterS }: StoaError): Record<string, string> {
  return {
    ...(code === "unauthorized" && { "www-authenticate": "Bearer" }),
    ...(code === "method" && { allow: allowHeader(allow ?? []) }),
    ...(code === "unavailable" && { "retry-after": "1" }),
    ...(retryAfterS !== undefined && { "retry-after": String(retryAfterS) }),
  };
}

/** GET brings HEAD, and OPTIONS is everywhere: `["GET"]` is `GET, HEAD, OPTIONS`. */
export function allowHeader(verbs: readonly string[]): string {
  const head = verbs.includes("GET") && !verbs.includes("HEAD") ? ["HEAD"] : [];
  const options = verbs.includes("OPTIONS") ? [] : ["OPTIONS"];
  return [...verbs, ...head, ...options].join(", ");
}
