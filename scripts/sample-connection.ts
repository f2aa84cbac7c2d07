/**
 * One Stoa server, as the sample loader speaks to it: JSON over HTTP, and what goes wrong said in
 * words that tell what to do. Knows no sample.
 */

/** What a person has to know; shown without a stack. */
export class SampleError extends Error {
  override readonly name = "SampleError";
}

export interface Account {
  readonly login: string;
  readonly password: string | undefined;
  /** Saves the sign-in. */
  readonly token: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly value: unknown;
}

export interface Send {
  readonly body?: unknown;
  /** Makes a POST safe to be sent again. */
  readonly idempotencyKey?: string;
}

export class SampleConnection {
  readonly #base: string;
  #token: string | undefined;

  /** @param url `"http://127.0.0.1:8080"`, without the prefix of the API. */
  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new SampleError(`"${url}" is no address; give one like http://127.0.0.1:8080`);
    }
    this.#base = new URL("/api/v1/", url).href;
  }

  async signIn({ login, password, token }: Account): Promise<void> {
    this.#token = token;
    if (token === undefined) {
      if (password === undefined) {
        throw new SampleError(
          "No password: set STOA_ADMIN_PASSWORD, or give --password or --token",
        );
      }
      const { status, value } = await this.send("POST", "auth/token", {
        body: { login, password },
      });
      if (status === 401) throw new SampleError(`Wrong password for ${login}, or no such login`);
      this.#token = (expected({ status, value }, "sign in") as { token: string }).token;
    }
    const { status } = await this.send("GET", "auth");
    if (status !== 200) throw new SampleError("The token is not valid, or no longer");
  }

  /**
   * Any answer of the server. What may pass (a cut connection, 429, 503) is tried again.
   * Errors: SampleError where no server answers.
   */
  async send(method: string, path: string, options: Send = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt === attemptsMax;
      try {
        const response = await this.#request(method, path, options);
        const wait = Number(response.headers.get("retry-after") ?? 1);
        const value: unknown = await response.json();
        const isPassing = response.status === 503 || response.status === 429;
        if (!isPassing || last || wait > waitSecondsMax) return { status: response.status, value };
        await sleep(wait * 1_000);
      } catch (cause) {
        const mayRepeat = method === "GET" || options.idempotencyKey !== undefined;
        if (last || !mayRepeat || isRefused(cause)) throw this.#unreachable(cause);
        await sleep(100 * 2 ** attempt);
      }
    }
  }

  #request(method: string, path: string, { body, idempotencyKey }: Send): Promise<Response> {
    return fetch(this.#base + path, {
      method,
      headers: {
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  #unreachable(cause: unknown): SampleError {
    const { origin } = new URL(this.#base);
    const text = isRefused(cause)
      ? `No server at ${origin}: start one by "npm start", or name another by --url`
      : `The server at ${origin} stopped answering (${causeOf(cause)})`;
    return new SampleError(text, { cause });
  }
}

/** The value of a good answer. Errors: SampleError with the server's own words. */
export function expected({ status, value }: Answer, what: string): unknown {
  if (status === 200) return value;
  const problem = value as {
    message?: string;
    helper?: { message?: string };
    details?: { path: string; message: string }[];
  };
  const words = problem.helper?.message ?? problem.message ?? "";
  const details = (problem.details ?? []).slice(0, 3).map((d) => ` ${d.path}: ${d.message}`);
  throw new SampleError(`Could not ${what}: ${status} ${words}${details.join(";")}`);
}

function isRefused(cause: unknown): boolean {
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(causeOf(cause));
}

function causeOf(cause: unknown): string {
  const { code, message } = ((cause as Error).cause ?? cause) as NodeJS.ErrnoException;
  return code ?? message;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const attemptsMax = 4;
/** A server that asks to wait longer is told of at once. */
const waitSecondsMax = 10;
