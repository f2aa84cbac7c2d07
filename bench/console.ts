/**
 * How long a person waits for a table of the console: until it is open, and until rows are there
 * after a jump to any place. Asks a running server, and knows the page as a person sees it.
 *
 *     STOA_ADMIN_PASSWORD=<password> node bench/console.ts http://127.0.0.1:8080 readings
 */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const [url = "http://127.0.0.1:8080", store = "cities"] = process.argv.slice(2);
const password = process.env["STOA_ADMIN_PASSWORD"] ?? "";
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const jumps = [0.5, 0.25, 1, 0.7];

/** Rows are in sight, and none of them waits for what it shows. */
const isFilled = `(() => {
  const grid = document.querySelector("[role=grid]")?.getBoundingClientRect();
  const rows = [...document.querySelectorAll("[role=row][aria-rowindex]")].filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return grid && bottom > grid.top + 40 && top < grid.bottom;
  });
  return rows.length > 10 && !rows.some((row) => row.querySelector(".MuiSkeleton-root"));
})()`;

const executablePath = places.find(existsSync);
if (executablePath === undefined) throw new Error("Chromium is missing.");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ bypassCSP: true, locale: "en-GB" });
const page = await context.newPage();
await signIn();
const item = page.locator(`a[href="#/stores/${store}"]`).first();
console.log(`open: ${await waited(() => item.click())} ms`);
for (const share of jumps) {
  const jump = `(() => {
    const grid = document.querySelector("[role=grid]");
    grid.scrollTop = ${share} * (grid.scrollHeight - grid.clientHeight);
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  })()`;
  const ms = await waited(() => page.evaluate(jump));
  console.log(`jump to ${share * 100} %: ${ms} ms`);
}
await browser.close();

async function signIn(): Promise<void> {
  await page.goto(`${url}/#/login`);
  await page.locator("input[name=login]").fill("admin");
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.locator(`a[href="#/stores/${store}"]`).first().waitFor();
  // What the first page counts shall not be in the way of what is measured.
  await page.waitForTimeout(3_000);
}

/** Milliseconds from what is done until the table is filled. */
async function waited(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  await page.waitForFunction(isFilled, undefined, { polling: 5 });
  return Math.round(performance.now() - start);
}
