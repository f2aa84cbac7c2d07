/**
 * The page for people at `/`: files that were built and compressed before the start, each of them
 * known by name. Knows nothing of what they hold.
 */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { StoaError } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sendFile } from "./answer.ts";
import type { Route } from "./route.ts";

/**
 * A route for each file of the folder, `/` for `index.html`, `/assets/index-4f2a.js` by its name;
 * none where nothing was built. Names below `/assets` change with what is in them, so those answers
 * may be kept for good; the others are asked for again.
 */
export function consoleRoutes(folder: string | undefined): Route[] {
  const names = folder === undefined ? [] : fileNames(folder);
  const known = new Set(names);
  const shown = names.filter((name) => types[extname(name)] !== undefined);
  return shown.map((name) => {
    const file = new ConsoleFile(join(folder ?? "", name), (ending) => known.has(name + ending));
    return {
      path: name === "index.html" ? "/" : `/${name}`,
      open: true,
      verbs: {
        GET: (request, reply) => {
          const headers = name.startsWith("assets/") ? kept : askedAgain;
          const all = name.endsWith(".html") ? { ...headers, ...page } : headers;
          return file.send(request, reply, all);
        },
      },
    };
  });
}

/** One file, plain and compressed; read when it is first asked for. */
class ConsoleFile {
  readonly #path: string;
  readonly #endings: readonly Ending[];
  readonly #bytes = new Map<string, Buffer>();

  constructor(path: string, isThere: (ending: string) => boolean) {
    this.#path = path;
    this.#endings = endings.filter(({ ending }) => isThere(ending));
  }

  /** Errors: `not_found` where the file has gone since the start, because it was built anew. */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const accepted = String(request.raw.headers["accept-encoding"] ?? "");
    const chosen = this.#endings.find(({ coding }) => accepts(accepted, coding));
    const bytes = await this.#read(chosen?.ending ?? "");
    sendFile(reply, bytes, {
      ...headers,
      "content-type": types[extname(this.#path)],
      ...(chosen && { "content-encoding": chosen.coding }),
    });
  }

  async #read(ending: string): Promise<Buffer> {
    const known = this.#bytes.get(ending);
    if (known !== undefined) return known;
    const bytes = await readFile(this.#path + ending).catch((cause: unknown) => {
      const text = "The console was built anew; restart the server.";
      throw new StoaError("not_found", text, { cause });
    });
    this.#bytes.set(ending, bytes);
    return bytes;
  }
}

interface Ending {
  readonly ending: string;
  readonly coding: string;
}

const endings: readonly Ending[] = [
  { ending: ".br", coding: "br" },
  { ending: ".gz", coding: "gzip" },
];

/** Whether an `Accept-Encoding` names the coding, and not as refused (`br;q=0`). */
function accepts(header: string, coding: string): boolean {
  return header.split(",").some((part) => {
    const [name, ...parameters] = part.split(";").map((word) => word.trim().toLowerCase());
    return name === coding && !parameters.some((word) => /^q=0(\.0*)?$/.test(word));
  });
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

const kept = { "cache-control": "public, max-age=31536000, immutable" };
const askedAgain = { "cache-control": "no-cache" };

/**
 * What the page may load and where it may be shown. Its widgets write style elements while they
 * run, which is why styles may be inline; scripts never are.
 */
const page = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** `["index.html", "assets/index-4f2a.js", "assets/index-4f2a.js.br"]`; none without the folder. */
function fileNames(folder: string): string[] {
  try {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = found
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name));
    return paths.map((path) => relative(folder, path).replaceAll(sep, "/"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}
