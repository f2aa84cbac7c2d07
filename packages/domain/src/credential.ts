/**
 * Credentials of roles and scopes of tokens: `"GET cities"`, `"* models/*"`, `"*"`. What each
 * permits and which contains which (rule 1). Knows routes only as method and segments.
 */
import { violation } from "./error.ts";
import { credentialCharactersMax, credentialsMax } from "./limit.ts";
import { isSystemName } from "./store.ts";

export type Method = "GET" | "POST" | "PATCH" | "DELETE" | "LOOKUP";

/** What a request does: the effective verb on the resolved route, `{GET, ["cities", ":id"]}`. */
export interface Act {
  readonly method: Method;
  readonly path: readonly string[];
}

export interface Credential {
  /** As it was written: `"GET cities/*"`. */
  readonly text: string;
  readonly method: Method | "*";
  readonly path: readonly string[];
  /** Ends in `*`: zero or more further segments. */
  readonly tail: boolean;
  /** The lone `*`: everything, system stores too. */
  readonly everything: boolean;
}

/** Errors: `validation` naming the element, for anything that is not method, space, path. */
export function parseCredential(text: unknown, at = "credentials"): Credential {
  if (typeof text !== "string" || text.length > credentialCharactersMax) {
    throw violation(at, "type", `must be text of at most ${credentialCharactersMax} characters`);
  }
  if (text === "*") return { text, method: "*", path: [], tail: true, everything: true };
  const parts = credentialShape.exec(text);
  if (!parts) {
    throw violation(at, "format", 'must read like "GET cities/*", "* cities" or "*"');
  }
  const path = (parts[2] as string).split("/");
  const tail = path.at(-1) === "*";
  if (tail) path.pop();
  return { text, method: parts[1] as Method | "*", path, tail, everything: false };
}

export function parseCredentials(texts: unknown, at = "credentials"): readonly Credential[] {
  if (!Array.isArray(texts)) throw violation(at, "type", "must be a list of texts");
  if (texts.length > credentialsMax) {
    throw violation(at, "maxItems", `must have at most ${credentialsMax} elements`);
  }
  return texts.map((text, index) => parseCredential(text, `${at}.${index}`));
}

export function permits(credential: Credential, act: Act): boolean {
  if (credential.everything) return true;
  if (credential.method !== "*" && credential.method !== act.method) return false;
  const { path, tail } = credential;
  if (tail ? act.path.length < path.length : act.path.length !== path.length) return false;
  if (path.length === 0 && isSystemName(act.path[0] ?? "")) return false;
  return path.every((segment, index) => coversSegment(segment, act.path[index], index));
}

/** Whether everything that `inner` permits, `outer` permits too. */
export function contains(outer: Credential, inner: Credential): boolean {
  if (outer.everything) return true;
  if (inner.everything) return false;
  if (outer.method !== "*" && outer.method !== inner.method) return false;
  if (inner.path.length < outer.path.length) return false;
  if (!outer.tail && (inner.tail || inner.path.length !== outer.path.length)) return false;
  if (outer.path.length === 0 && isSystemName(inner.path[0] ?? "")) return false;
  return outer.path.every((segment, index) => coversSegment(segment, inner.path[index], index));
}

/** `*` and `:name` stand for one segment, but as the first never for a system store. */
function coversSegment(segment: string, other: string | undefined, index: number): boolean {
  if (other === undefined) return false;
  if (segment === other) return true;
  if (segment !== "*" && !segment.startsWith(":")) return false;
  return index > 0 || !isSystemName(other);
}

const credentialShape =
  /^(GET|POST|PATCH|DELETE|LOOKUP|\*) ((?:\*|:?[A-Za-z0-9_.-]+)(?:\/(?:\*|:?[A-Za-z0-9_.-]+))*)$/;
