/**
 * Examples out of a Markdown page: requests with the answers they promise, and how an answer is
 * compared with what the page says. Knows nothing of what the examples are about.
 */

export interface Example {
  readonly line: number;
  readonly method: string;
  /** Path and query as written, percent-encoding aside. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly status: number;
  /** JSON with `{{name}}` and `…` in it. */
  readonly answer: unknown;
}

/** A ```http block followed by a ```json block that begins with the status. */
export function examplesOf(page: string): Example[] {
  const pair = /```http\n([\s\S]*?)```\n```json\n(\d{3}) ([\s\S]*?)```/g;
  return [...page.matchAll(pair)].map((match) => {
    const [, request = "", status, answer = ""] = match;
    const [head = "", ...rest] = request.split("\n\n");
    const [first = "", ...headerLines] = head.trim().split("\n");
    const [method = "", ...words] = first.split(" ");
    const headers = headerLines.map((line): [string, string] => {
      const [name = "", value = ""] = line.split(/:\s*/, 2);
      return [name.toLowerCase(), value];
    });
    return {
      line: page.slice(0, match.index).split("\n").length,
      method,
      url: words.join(" "),
      headers: Object.fromEntries(headers),
      body: rest.join("\n\n").trim(),
      status: Number(status),
      answer: JSON.parse(answer) as unknown,
    };
  });
}

/** Values seen so far, by the names that pages give them. */
export class Seen {
  readonly #values = new Map<string, string>();

  /** `{{delft}}` -> the id. */
  fill(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = this.#values.get(name);
      if (value === undefined) throw new Error(`{{${name}}} has not been seen before`);
      return value;
    });
  }

  /** Where the answer differs from what is expected, as paths; names are learnt on the way. */
  differences(expected: unknown, actual: unknown, at = ""): string[] {
    if (expected === "…") return actual === undefined ? [`${at}: missing`] : [];
    if (typeof expected === "string") return this.#text(expected, actual, at);
    if (Array.isArray(expected)) {
      if (!Array.isArray(actual) || actual.length !== expected.length)
        return [`${at}: ${show(actual)}`];
      return expected.flatMap((element, index) =>
        this.differences(element, actual[index], `${at}.${index}`),
      );
    }
    if (typeof expected === "object" && expected !== null) {
      if (typeof actual !== "object" || actual === null) return [`${at}: ${show(actual)}`];
      return this.#members(expected as Members, actual as Members, at);
    }
    return expected === actual ? [] : [`${at}: ${show(actual)}, not ${show(expected)}`];
  }

  #text(expected: string, actual: unknown, at: string): string[] {
    const [, name] = /^\{\{(\w+)\}\}$/.exec(expected) ?? [];
    if (name !== undefined && !this.#values.has(name)) this.#values.set(name, String(actual));
    const wanted = this.fill(expected);
    const given = name !== undefined && typeof actual === "number" ? String(actual) : actual;
    return wanted === given ? [] : [`${at}: ${show(actual)}, not ${show(wanted)}`];
  }

  #members(expected: Members, actual: Members, at: string): string[] {
    const open = Object.hasOwn(expected, "…");
    const extra = open ? [] : Object.keys(actual).filter((key) => !Object.hasOwn(expected, key));
    return [
      ...extra.map((key) => `${at}.${key}: not expected`),
      ...Object.keys(expected)
        .filter((key) => key !== "…")
        .flatMap((key) => this.differences(expected[key], actual[key], `${at}.${key}`)),
    ];
  }
}

type Members = Record<string, unknown>;

function show(value: unknown): string {
  return JSON.stringify(value) ?? "missing";
}
