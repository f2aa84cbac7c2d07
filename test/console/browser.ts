/**
 * A real Chromium over a real server with the built console, and a watch on everything that goes
 * wrong in it. Ends only what it started.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
  type Request,
} from "playwright-core";
import { Program } from "../program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const screenshots = fileURLToPath(new URL("../../packages/console/screenshots", import.meta.url));
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const flags =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

/** A server on a free port over an empty folder, and a browser. */
export class Stage {
  readonly url: string;
  /** Of the first administrator: the one that was given, or that the server printed. */
  readonly password: string;
  readonly #browser: Browser;
  readonly #program: Program;
  readonly #folder: string;
  #token: Promise<string> | null = null;

  private constructor(url: string, browser: Browser, program: Program, folder: string) {
    this.url = url;
    const [, printed] = /sign in as admin with the password (\S+)/.exec(program.output) ?? [];
    this.password = printed ?? givenPassword;
    this.#browser = browser;
    this.#program = program;
    this.#folder = folder;
  }

  static async open({ isPasswordGiven = true } = {}): Promise<Stage> {
    const built = spawnSync(process.execPath, ["scripts/build-console.ts"], { cwd: root });
    assert.equal(built.status, 0, built.stderr.toString());
    const folder = await mkdtemp(join(tmpdir(), "stoa-browser-"));
    const args = ["--data", join(folder, "data"), "--port", "0"];
    const env = isPasswordGiven ? { STOA_ADMIN_PASSWORD: givenPassword } : {};
    const program = Program.node(args, env as Record<string, string>);
    const executablePath = places.find(existsSync);
    const timeout = startsMsMax;
    assert.ok(executablePath, "Chromium is missing: apt-get install -y chromium");
    const browser = await chromium.launch({ executablePath, args: flags.split(" "), timeout });
    return new Stage(await program.ready(), browser, program, folder);
  }

  /** A person at a browser of their own, with no cookies; `url` where the way leads round. */
  async visit(options: BrowserContextOptions = {}, url = this.url): Promise<Visit> {
    const context = await this.#browser.newContext({ locale: "en-GB", ...options });
    context.setDefaultTimeout(comesMsMax);
    return new Visit(await context.newPage(), url, this.password);
  }

  /** What a program outside sends, as the first administrator or by another secret. */
  async send(path: string, init: RequestInit = {}, secret?: string): Promise<Response> {
    const authorization = `Bearer ${secret ?? (await this.secret())}`;
    const headers = { authorization, "content-type": "application/json" };
    return fetch(`${this.url}/api/v1${path}`, { ...init, headers });
  }

  /** `stage.create("notes", {text: "old"})` gives what was made. */
  async create(store: string, fields: object): Promise<{ readonly _id: string }> {
    const answer = await this.send(`/${store}`, { method: "POST", body: JSON.stringify(fields) });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text) as { _id: string };
  }

  async change(store: string, id: string, fields: object): Promise<void> {
    const init = { method: "PATCH", body: JSON.stringify(fields) };
    const answer = await this.send(`/${store}/${id}`, init);
    assert.equal(answer.status, 200, await answer.text());
  }

  /** `await stage.find<Note>("/notes?where.colour=red")` */
  async find<T extends object>(path: string): Promise<(T & { readonly _id: string })[]> {
    return (await (await this.send(path)).json()) as (T & { _id: string })[];
  }

  /** A sign-in token of the first administrator. */
  async secret(): Promise<string> {
    const body = JSON.stringify({ login: "admin", password: this.password });
    const headers = { "content-type": "application/json" };
    const address = `${this.url}/api/v1/auth/token`;
    this.#token ??= fetch(address, { method: "POST", headers, body })
      .then((answer) => answer.json() as Promise<{ token: string }>)
      .then(({ token }) => token);
    return this.#token;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#program.stop("SIGTERM");
    await rm(this.#folder, { recursive: true });
  }
}

const givenPassword = "correct horse";
/** Of the browser, which is read from the disk for the first time. */
const startsMsMax = 120_000;
/** Of a step that takes a moment, on a machine that is slow and busy with something else. */
const comesMsMax = 60_000;

/** Waits until something is so, since what is done at last is done a moment later. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + comesMsMax;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, "did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until what is read is what is wanted. Errors: it is not in time, with what it was last. */
export async function comes<T>(read: () => T | Promise<T>, wanted: T): Promise<void> {
  const end = performance.now() + comesMsMax;
  for (;;) {
    const found = await read();
    if (isDeepStrictEqual(found, wanted)) return;
    if (performance.now() > end) assert.deepEqual(found, wanted);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until a field holds a text. */
export function holds(field: Locator, text: string): Promise<void> {
  return comes(() => field.inputValue(), text);
}

/** One page and what went wrong on it. */
export class Visit {
  readonly page: Page;
  readonly url: string;
  /** `["console: ...", "request: GET /api/v1 net::ERR_..."]` */
  readonly problems: string[] = [];
  readonly #password: string;
  /** Sent and not answered yet. */
  readonly #sent = new Set<Request>();

  constructor(page: Page, url: string, password: string) {
    this.page = page;
    this.url = url;
    this.#password = password;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#note("console", message.text());
    });
    page.on("pageerror", (error) => this.#note("error", String(error)));
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      // A page that is left gives up what it was waiting for.
      if (reason !== "net::ERR_ABORTED") this.#note("request", `${request.url()} ${reason}`);
    });
    page.on("request", (request) => this.#sent.add(request));
    page.on("requestfinished", (request) => this.#sent.delete(request));
    page.on("requestfailed", (request) => this.#sent.delete(request));
    page.on("response", (response) => {
      if (response.status() >= 400) this.#note("answer", `${response.status()} ${response.url()}`);
    });
  }

  /** `visit.open("/#/cities")` */
  async open(path = "/"): Promise<void> {
    await this.page.goto(this.url + path);
  }

  /** By the form, as the first administrator where nobody else is named. */
  async signIn(password = this.#password, login = "admin"): Promise<void> {
    await this.open("/#/login");
    await this.page.locator("input[name=login]").fill(login);
    await this.page.locator("input[name=password]").fill(password);
    await this.page.locator("button[type=submit]").click();
  }

  /** Until the page has its heading and is not waiting for anything that it shows. */
  async quiet(): Promise<void> {
    await this.page.locator("h1").first().waitFor();
    const waiting = ".MuiSkeleton-root, .RaPlaceholder-root, [aria-busy=true]";
    const isWaiting = () => [...this.#sent].some((request) => !/socket\.io/.test(request.url()));
    for (let calm = 0; calm < 3; calm++) {
      await this.page.evaluate(
        "new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))",
      );
      if (isWaiting() || (await this.page.locator(waiting).count()) > 0) calm = -1;
    }
  }

  /** What went wrong so far, which a test may have meant to. */
  takeProblems(): readonly string[] {
    return this.problems.splice(0);
  }

  /** Keeps a picture below `packages/console/screenshots`: `"sign-in-en-light-wide"`. */
  async picture(name: string): Promise<void> {
    mkdirSync(screenshots, { recursive: true });
    await this.page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  #note(kind: string, text: string): void {
    this.problems.push(`${kind}: ${text}`);
  }
}
