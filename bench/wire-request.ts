/**
 * Requests as they stand on the wire, for load. Pure.
 */

export interface WireRequest {
  readonly method: string;
  /** `"/api/v1/bench?limit=100"` */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string | undefined;
}

export function wireRequest({ method, path, headers, body }: WireRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const entity =
    body === undefined
      ? ""
      : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return (
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
    `${lines.join("")}${entity}\r\n${body ?? ""}`
  );
}
