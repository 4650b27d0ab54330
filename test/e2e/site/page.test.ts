/** The operator's page in a real browser, with a real runner: what an operator does on it, from enrolment to logout. */
import type { Browser } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { running } from "../../support/job-steps.ts";
import { OperatorPage, startBrowser } from "../../support/operator-page.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { ADMIN_TOKEN, CATEGORY, READ_TOKEN } from "../../support/site.ts";

const HOSTILE = `<img src=x onerror="document.title='taken'"><b>bold</b>`;
const VIEWS = ["Overview", "Queues", "Runners", "Jobs", "Undelivered", "Audit"];

const site = sharedSite();
let browser: Browser;
let runner: RunnerProcess;
const opened: OperatorPage[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  runner = site().newRunner("node-1", { flags: ["--cpu", "2"] });
});

afterEach(async () => {
  const problems = opened.flatMap((page) => page.problems);
  await Promise.all(opened.splice(0).map((page) => page.close()));
  expect(problems).toEqual([]);
});

afterAll(() => browser.close());

async function anOpenPage(width?: number): Promise<OperatorPage> {
  const page = await OperatorPage.open(browser, site().gateway.url, width);
  opened.push(page);
  return page;
}

async function aDesk(token = ADMIN_TOKEN, width?: number): Promise<OperatorPage> {
  const page = await anOpenPage(width);
  await page.logIn(token);
  await page.shows("Overview");
  return page;
}

test("an operator enrols a machine, follows a job, drains, cancels and logs out", { timeout: 120_000 }, async () => {
  const page = await anOpenPage();
  await page.logIn("wrong");
  await page.shows("The gateway does not know this token.");
  await page.logIn(ADMIN_TOKEN);
  await page.shows("No runner is enrolled yet.");

  await page.press("Enrol the first one");
  await page.fill("Name of the machine", "node-1");
  await page.press(CATEGORY);
  await page.press("Make a code");
  await page.shows("ucloud-runner enroll --gateway");
  const command = await page.page.$eval("#enrol-command", (code) => code.textContent ?? "");
  const [, gateway = "", code = ""] = /--gateway (\S+) --code (\S+)/.exec(command) ?? [];
  await runner.enroll(gateway, code);
  await runner.start();
  const job = await running(site());
  expect(await page.text()).toContain(code);
  await page.press("Runners");
  await page.comesToShow("takes jobs");
  expect(await page.text()).toContain("1 of 2");
  expect(await page.text()).not.toContain(code);

  await page.press(job.id);
  await page.shows("Timeline");
  expect(await page.text()).toMatch(/offered[\s\S]*claimed[\s\S]*start granted[\s\S]*running[\s\S]*on node-1/);

  await page.press("Runners");
  await page.shows("takes jobs");
  await drainByKeyboard(page);
  await page.shows("Done: Drain, node-1.");
  await page.shows("By admin at");
  expect(await page.offers("Drain node-1")).toBe(false);
  expect(await page.focused()).toBe("Runners");

  await page.press(job.id);
  await page.press(`Cancel ${job.id}`);
  await page.fill("Reason, for the record", "the site closes tonight");
  await page.press("Cancel");
  await job.reaches("SUCCESS");
  expect(job.lastText()).toContain("the site closes tonight");
  await page.comesToShow("UCloud took SUCCESS");
  await page.press("Audit");
  await page.shows("the site closes tonight");

  await page.press("Log out");
  await page.shows("You have logged out.");
  expect(await page.text()).not.toContain("node-1");
});

/** As somebody without a mouse. The focus is in the dialog, on the reason, and stays there until it is closed. */
async function drainByKeyboard({ page }: OperatorPage): Promise<void> {
  await page.focus('::-p-aria([name="Drain node-1"])');
  await page.keyboard.press("Enter");
  await page.keyboard.type("new disks");
  // The fields of the moment come first, as many as the browser has.
  while ((await page.evaluate("document.activeElement.innerText")) !== "Drain") {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
}

test("the token is in memory alone: nothing is stored, and a reload asks for it again", async () => {
  const page = await aDesk();
  const kept = "JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }])";
  expect(await page.page.evaluate(kept)).not.toContain(ADMIN_TOKEN);
  expect(await page.page.content()).not.toContain(ADMIN_TOKEN);
  await page.page.reload();
  await page.page.locator('::-p-aria([name="Administrator\'s token"])').wait();
  expect(await page.text()).not.toContain("Overview");
});

test("who may only look is offered nothing else", async () => {
  const page = await aDesk(READ_TOKEN);
  for (const view of VIEWS) {
    await page.opens(view);
    expect(await page.page.$$eval("#view button", (all) => all.map(({ textContent }) => textContent))).toEqual(
      view === "Jobs" ? ["Show"] : [],
    );
  }
  await page.page.goto(`${site().gateway.url}/admin/#enrol`);
  await page.shows("Only an owner can enrol a runner.");
});

test("whatever a gateway, a runner or a user has written is shown as text", async () => {
  const job = await site().job({ argv: ["true"] });
  await site().admin.post(`/admin/jobs/${job.id}/fail`, { reason: HOSTILE });
  const page = await aDesk();
  await page.page.setRequestInterception(true);
  page.page.on("request", async (request) => {
    if (!request.url().endsWith("/admin/runners")) {
      return request.continue();
    }
    const answer = JSON.stringify({ items: [aHostileRunner()] });
    return request.respond({ contentType: "application/json", body: answer });
  });
  for (const [tab, address] of [
    ["Runners", "runners"],
    ["Jobs", `jobs/${job.id}`],
    ["Audit", "audit"],
    ["Jobs", `jobs/${encodeURIComponent(HOSTILE)}`],
  ] as const) {
    await page.page.evaluate(`location.hash = ${JSON.stringify(address)}`);
    await page.isOpen(tab);
    expect([address, await page.page.$$("#view b, #view img")]).toEqual([address, []]);
    if (!address.includes("%")) {
      await page.shows(HOSTILE);
    }
  }
  expect(await page.page.title()).not.toBe("taken");
});

function aHostileRunner(): unknown {
  return {
    ...{ id: HOSTILE, name: HOSTILE, categories: [HOSTILE], connected: true, silentForMs: 0, version: HOSTILE },
    ...{ capacity: null, used: { cpu: 0, memoryBytes: 0, gpu: 0 }, jobs: [HOSTILE], revoked: false },
    ...{ drained: { reason: HOSTILE, by: HOSTILE, since: 0, until: null }, degraded: null },
  };
}

test("a lost line is said, with the time of what is shown, and so is its end", async () => {
  const page = await aDesk();
  await page.page.setOfflineMode(true);
  await page.press("Refresh");
  await page.shows("The gateway does not answer.");
  expect(await page.text()).toContain("What is shown is from");
  await page.page.setOfflineMode(false);
  await page.press("Refresh");
  await page.shows("Refreshed.");
  expect(await page.text()).not.toContain("does not answer");
});

describe.each(["light", "dark"] as const)("in the %s", (scheme) => {
  test.each([320, 1600])("no view has a barrier or sticks out at %i pixels", async (width) => {
    const page = await anOpenPage(width);
    await page.prefers(scheme);
    expect(await page.barriers()).toEqual([]);
    await page.logIn(ADMIN_TOKEN);
    await page.shows("Overview");
    for (const view of VIEWS) {
      await page.opens(view);
      expect([view, await page.barriers(), await page.isTooWide()]).toEqual([view, [], false]);
    }
    await page.press("Queues");
    await page.press(`Pause ${CATEGORY}`);
    await page.page.locator("dialog").wait();
    expect(await page.barriers()).toEqual([]);
  });
});
