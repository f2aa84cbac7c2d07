/**
 * Every page as it is: no error, no warning, no request that fails, nothing that keeps somebody
 * out, and a picture of each in both languages, light and dark, wide and narrow.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { englishText } from "../../packages/console/src/text/english.ts";
import { Stage } from "./browser.ts";

let stage: Stage;
/** Name of the picture and address. */
let pages: readonly (readonly [name: string, address: string])[];

before(async () => {
  stage = await Stage.open();
  const text = { type: "string" };
  const properties = { name: text, beds: { type: "integer" }, open: { type: "boolean" } };
  await stage.create("stores", {
    ...{ name: "inns", title: "Inns of Holland", schema: { type: "object", properties } },
    ...{ search: ["name"], indexes: [["name"]] },
  });
  const made: string[] = [];
  for (const name of ["Het Gouden Anker", "De Zwaan", "In den Hollandschen Tuin"]) {
    const inn = { name, beds: name.length, open: name.length > 10, address: { city: "Delft" } };
    made.push((await stage.create("inns", inn))._id);
  }
  await stage.change("inns", made[0] ?? "", { beds: 40 });
  const [root] = await stage.find("/groups");
  const [member] = await stage.find("/roles?where.name=member");
  const holland = await stage.create("groups", { name: "Holland", parent: root?._id });
  await stage.create("groups", { name: "Delft", parent: holland._id });
  const ann = { login: "ann", name: "Ann", password: "a long password" };
  const user = await stage.create("users", { ...ann, role: member?._id, group: holland._id });
  await stage.create("tokens", { name: "weather station", scopes: ["GET inns/*"] });
  await stage.send("/backups", { method: "POST", body: "{}" }).then((answer) => answer.text());
  pages = [
    ["start", "/start"],
    ["stores", "/"],
    ["table", "/stores/inns"],
    ["table-nothing", '/stores/inns?where.beds>=1&filter=["like",["property","name"],"X*"]'],
    ["table-filtered", "/stores/inns?search=de&where.beds>=1&sortBy=-beds"],
    ["entity-new", "/stores/inns/new"],
    ["entity-editing", `/stores/inns/${made[0]}`],
    ["entity-code", `/stores/inns/${made[0]}/code`],
    ["entity-access", `/stores/inns/${made[0]}/access`],
    ["entity-history", `/stores/inns/${made[0]}/history`],
    ["entity-configuration", `/stores/inns/${made[0]}/configuration`],
    ["import", "/stores/inns/import"],
    ["new-store", "/new-store"],
    ["tokens", "/tokens"],
    ["profile", "/account"],
    ["users", "/users"],
    ["user", `/users/${user._id}`],
    ["user-new", "/users/create"],
    ["groups", "/groups"],
    ["roles", "/roles"],
    ["role", `/roles/${member?._id}`],
    ["sessions", "/sessions"],
    ["definitions", "/definitions"],
    ["definition", "/definitions/inns"],
    ["changes", "/changes"],
    ["health", "/health"],
    ["backups", "/backups"],
  ];
});

after(() => stage.close());

interface Look {
  readonly name: string;
  readonly locale: string;
  readonly colorScheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
}

/** All eight by `STOA_LOOKS=all`; else each language, each scheme and each width once. */
const looks = allLooks().filter(
  ({ name }) =>
    process.env["STOA_LOOKS"] === "all" || ["en-light-wide", "ru-dark-narrow"].includes(name),
);

function allLooks(): Look[] {
  const widths = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
  const schemes = ["light", "dark"] as const;
  return ["en-GB", "ru-RU"].flatMap((locale) =>
    schemes.flatMap((colorScheme) =>
      Object.entries(widths).map(([width, size]) => {
        const name = `${locale.slice(0, 2)}-${colorScheme}-${width}`;
        return { name, locale, colorScheme, ...size };
      }),
    ),
  );
}

/** No more at a time than may sign in as one person at once. */
describe("every page", { concurrency: 4 }, () => {
  for (const { name, width, height, ...look } of looks) {
    test(`is free of errors and of barriers: ${name}`, async () => {
      const visit = await stage.visit({ ...look, viewport: { width, height } });
      const { page } = visit;
      await visit.signIn();
      await page.waitForURL((url) => !url.hash.includes("login"));
      const barriers: string[] = [];
      for (const [picture, address] of pages) {
        await visit.open(`/#${address}`);
        await visit.quiet();
        await visit.picture(`${picture}-${name}`);
        for (const found of await barriersOf(page)) barriers.push(`${picture}: ${found}`);
        const isWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
        if (isWide) barriers.push(`${picture}: wider than the window`);
        if (!name.startsWith("ru")) continue;
        for (const text of await englishOn(page)) barriers.push(`${picture}: English: ${text}`);
      }
      assert.equal(pages.length, 27);
      assert.deepEqual(barriers, []);
      assert.deepEqual(visit.problems, []);
      await visit.close();
    });
  }
});

type Words = { readonly [key: string]: string | Words };

/** Every text of the console in English that has no places for values. */
function textsOf(words: Words): string[] {
  const texts = Object.values(words).flatMap((one) =>
    typeof one === "string" ? one.split(" |||| ") : textsOf(one),
  );
  return texts.filter((text) => !text.includes("%{"));
}

/** In both languages alike, or of what the stores hold. */
const alike = /^(\W*|JSON|CSV|NDJSON|curl|id|admin|member|reader|root)$/;
const english = new Set(textsOf({ ...englishText.stoa, ...englishText.ra } as Words));
const held =
  /Het Gouden Anker|De Zwaan|In den Hollandschen Tuin|of Holland|weather station|External objects/g;

/** What is seen or heard on the page and is English: texts of the console, and sentences. */
async function englishOn(page: Page): Promise<string[]> {
  const texts = (await page.evaluate(`{
    const isCode = (one) => one.closest("code, pre, .cm-content, [role=gridcell], script, style");
    const said = [...document.querySelectorAll("body, body *")].filter((one) => !isCode(one));
    const own = said.flatMap((one) => [...one.childNodes]).filter((one) => one.nodeType === 3);
    const named = ["aria-label", "title", "placeholder"];
    [
      ...own.map((one) => one.textContent.trim()),
      ...said.flatMap((one) => named.map((name) => one.getAttribute(name) ?? "")),
    ]
  }`)) as string[];
  assert.ok(texts.some((text) => /[а-яё]/i.test(text)));
  const isEnglish = (text: string) =>
    !alike.test(text) &&
    (english.has(text) || /\b[A-Z]?[a-z]{2,} [a-z]{2,}/.test(text.replaceAll(held, "")));
  return [...new Set(texts.filter(isEnglish))];
}

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** Those on trial too, which axe-core leaves out where nothing is said. */
const onTrial =
  "css-orientation-lock focus-order-semantics hidden-content p-as-heading " +
  "table-fake-caption td-has-header label-content-name-mismatch";
const rules = Object.fromEntries(onTrial.split(" ").map((name) => [name, { enabled: true }]));

/** `["color-contrast (2): <span>"]`; the script goes round the policy of the page, as tools do. */
async function barriersOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  const options: RunOptions = { resultTypes: ["violations"], rules };
  const asked = `axe.run(document, ${JSON.stringify(options)})`;
  const { violations } = (await page.evaluate(asked)) as AxeResults;
  return violations.map(({ id, nodes }) => {
    const places = nodes.map(({ html }) => html.slice(0, 300)).slice(0, 2);
    return `${id} (${nodes.length}): ${places.join(" ")}`;
  });
}
