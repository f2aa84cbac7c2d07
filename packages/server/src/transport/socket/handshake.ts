/**
 * Who opens a socket or a stream, and from where: before the framework has seen the request. One
 * credential counts (rule 23), and every handshake comes from the own origin (rule 24).
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Caller, StoaError } from "@stoa/domain";
import type { Sessions } from "../../service/services.ts";

export interface Credential {
  readonly way: "session" | "token";
  readonly secret: string;
}

/** The door of sockets and event streams. */
export interface SocketDoor {
  readonly sessions: Sessions;
  /** Origins besides the server's own. */
  readonly origins: ReadonlySet<string>;
  /** Addresses whose `X-Forwarded-*` count. */
  readonly proxies: BlockList;
  /** Whether other processes stand behind the same port: two requests may go to two of them. */
  readonly isShared: boolean;
}

/** Errors: `unauthorized`, `forbidden` for another origin. */
export async function authenticateSocket(
  door: SocketDoor,
  request: IncomingMessage,
): Promise<{ caller: Caller; credential: Credential }> {
  requireOwnOrigin(door, request);
  const credential = credentialOf(request);
  if (!credential) throw new StoaError("unauthorized", "Sign in, or send a token.");
  const caller = await door.sessions.authenticate(credential.way, credential.secret);
  return { caller, credential };
}

/**
 * `Authorization: Bearer T`, bare, or as the user name of the URL (which clients send as Basic);
 * then `?accessToken=T`; then the cookie. Null for none.
 */
export function credentialOf(request: IncomingMessage): Credential | null {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) return { way: "token", secret: tokenOf(authorization) };
  const token = queryOf(request).get("accessToken");
  if (token !== null) return { way: "token", secret: token };
  if (cookie === undefined) return null;
  const secret = cookieOf(cookie);
  return secret === undefined ? null : { way: "session", secret };
}

/** `Bearer T` or `T`, as tokens are written also outside of headers. */
export function tokenOf(text: string): string {
  if (/^basic +/i.test(text)) return basicName(text.slice("basic".length).trim());
  return /^bearer +/i.test(text) ? text.slice("bearer".length).trim() : text.trim();
}

export function queryOf({ url = "" }: IncomingMessage): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
}

/** Without its query, doubled slashes and the one at the end: `/events/stream`. */
export function pathOf({ url = "" }: IncomingMessage): string {
  const path = (url.split("?", 1)[0] ?? "").replace(/\/{2,}/g, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** Errors: `forbidden` where `Origin` or `Sec-Fetch-Site` name another site. */
export function requireOwnOrigin(door: SocketDoor, request: IncomingMessage): void {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined && door.origins.has(origin)) return;
  const isOwn = origin === undefined || origin.toLowerCase() === ownOrigin(door, request);
  if (isOwn && (site === undefined || site === "same-origin" || site === "none")) return;
  throw new StoaError("forbidden", "Comes from another origin than the server's own.");
}

/** @param addresses as `--trust-proxy` takes them: `["127.0.0.1", "10.0.0.0/8"]`. */
export function proxiesOf(addresses: readonly string[]): BlockList {
  const proxies = new BlockList();
  for (const one of addresses) {
    const [address = "", bits] = one.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return proxies;
}

function ownOrigin({ proxies }: SocketDoor, { headers, socket }: IncomingMessage): string {
  const isForwarded = comesBy(proxies, socket);
  const forwarded = (name: string) => {
    const value = isForwarded ? headers[name] : undefined;
    return typeof value === "string" ? value.split(",").at(-1)?.trim() : undefined;
  };
  const scheme = (socket as TLSSocket).encrypted === true ? "https" : "http";
  const protocol = forwarded("x-forwarded-proto") ?? scheme;
  const host = forwarded("x-forwarded-host") ?? headers.host ?? "";
  return `${protocol}://${host}`.toLowerCase();
}

function comesBy(proxies: BlockList, { remoteAddress }: Socket): boolean {
  if (remoteAddress === undefined) return false;
  return proxies.check(remoteAddress, isIPv6(remoteAddress) ? "ipv6" : "ipv4");
}

/** The value of `sid` in the header `Cookie`. */
function cookieOf(header: string): string | undefined {
  const pair = header.split(";").find((one) => one.trim().startsWith("sid="));
  return pair === undefined ? undefined : decoded(pair.trim().slice("sid=".length));
}

/** The user name stands for the token; a password beside it means nothing. */
function basicName(encoded: string): string {
  const [name = ""] = Buffer.from(encoded, "base64").toString("utf8").split(":", 1);
  return decoded(name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
