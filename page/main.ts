/** The door: a token is tried, and kept in memory for as long as the page is open and nobody logs out. */
import type { AdminOverview } from "../worker/admin/answers.ts";
import { byId } from "./element.ts";
import { Gateway, troubleOf } from "./gateway.ts";
import { Session } from "./session.ts";

const door = byId("door", HTMLElement);
const form = byId("login", HTMLFormElement);
const token = byId("token", HTMLInputElement);
const enter = byId("enter", HTMLButtonElement);
const problem = byId("login-problem", HTMLElement);
const desk = byId("desk", HTMLElement);

let session: Session | null = null;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const gateway = new Gateway(token.value.trim());
  enter.disabled = true;
  problem.textContent = "";
  try {
    const overview = await gateway.get<AdminOverview>("/overview");
    token.value = "";
    door.hidden = true;
    desk.hidden = false;
    session = new Session(gateway, overview, logOut);
  } catch (error) {
    problem.textContent = troubleOf(error).message;
    token.focus();
  } finally {
    enter.disabled = false;
  }
});

byId("logout", HTMLButtonElement).addEventListener("click", () => logOut("You have logged out."));

function logOut(words: string): void {
  session?.end();
  session = null;
  desk.hidden = true;
  door.hidden = false;
  document.title = "UCloud provider";
  problem.textContent = words;
  token.focus();
}
