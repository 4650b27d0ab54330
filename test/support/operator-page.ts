/**
 * The operator's page in Debian's Chromium, without a window, used as a person does: by the names and labels that a
 * screen reader says. What the page's policy forbids, and every error of its own, is kept for the test to fail on.
 */

import axe from "axe-core";
import { type Browser, launch, type Page } from "puppeteer-core";
import * as z from "zod";
import { eventually } from "./eventually.ts";

const CHROMIUM = "/usr/bin/chromium";
/** The tests are root in a container, where Chromium's own sandbox cannot be. */
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];

const axeSchema = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

export function startBrowser(): Promise<Browser> {
  return launch({ executablePath: CHROMIUM, args: FLAGS, headless: true });
}

export type Scheme = "light" | "dark";

export class OperatorPage {
  readonly page: Page;
  /** What was forbidden to the page, or went wrong in it. */
  readonly problems: string[] = [];
  /** Paths of the admin API that it asked, in their order. */
  readonly asked: string[] = [];
  readonly #url: string;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) {
        this.problems.push(message.text());
      }
    });
    page.on("request", (request) => this.asked.push(new URL(request.url()).pathname));
  }

  /** `gateway` without a path. */
  static async open(browser: Browser, gateway: string, width = 1280): Promise<OperatorPage> {
    // A context of its own: nothing is left from another test.
    const page = await (await browser.createBrowserContext()).newPage();
    await page.setViewport({ width, height: 900 });
    const opened = new OperatorPage(page, `${gateway}/admin/`);
    await page.goto(opened.#url);
    return opened;
  }

  async logIn(token: string): Promise<void> {
    await this.fill("Administrator's token", token);
    await this.press("Log in");
  }

  /** A button or a link, by its name. */
  async press(name: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${name}"])`).click();
  }

  /** Goes to a tab's view, and resolves when what the gateway said of it is there. */
  async opens(tab: string): Promise<void> {
    await this.press(tab);
    await this.isOpen(tab);
  }

  /** The network being idle says nothing: the browser tells the page of another address when it likes. */
  async isOpen(tab: string): Promise<void> {
    const current = `document.querySelector("#tabs [aria-current=page]")?.textContent`;
    await eventually(`the page is at ${tab}`, async () => {
      const isAsking = (await this.text()).includes("Asking the gateway");
      return !isAsking && (await this.page.evaluate(current)) === tab ? true : null;
    });
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${label}"])`).fill(text);
  }

  async offers(name: string): Promise<boolean> {
    return (await this.page.$(`::-p-aria([name="${name}"])`)) !== null;
  }

  /** Asks again until the page, refreshed by hand, shows it: nobody tells the page of what happens at a machine. */
  async comesToShow(words: string): Promise<void> {
    await eventually(`the page shows ${words}`, async () => {
      if ((await this.text()).includes(words)) {
        return true;
      }
      await this.press("Refresh");
      await this.shows("Refreshed.");
      return null;
    });
  }

  async shows(words: string): Promise<void> {
    const look = async () => ((await this.text()).includes(words) ? true : null);
    await eventually(`the page shows ${words}`, look).catch(async (error: unknown) => {
      throw new Error(`it shows: ${await this.text()}`, { cause: error });
    });
  }

  async text(): Promise<string> {
    return String(await this.page.evaluate("document.body.innerText"));
  }

  /** What the focused element is called. */
  async focused(): Promise<string> {
    return String(await this.page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.innerText"));
  }

  async prefers(scheme: Scheme): Promise<void> {
    await this.page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
  }

  /** `rule: element` for each of axe's findings. */
  async barriers(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const { violations } = axeSchema.parse(await this.page.evaluate("axe.run()"));
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  /** True where something sticks out to the side. */
  async isTooWide(): Promise<boolean> {
    return Boolean(await this.page.evaluate("document.documentElement.scrollWidth > innerWidth"));
  }

  async close(): Promise<void> {
    await this.page.browserContext().close();
  }
}
