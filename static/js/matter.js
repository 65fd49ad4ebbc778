/**
 * Another matter, on the phone. Fetched when it is wanted, and put over the page that is open, so that nothing leads here
 * afterwards: no address, no draft. What is typed is in the fields alone until it is sealed to the vault; then the fields
 * are empty, and what is kept nobody here can read.
 */

import { clear, saidIn, SAYS } from "./matter-form.js";
import { boxOf, numberIn, TooLong } from "./matter-seal.js";

const ASK_MS = 5_000;
const NOT_HERE = "This page is not on this phone yet: it needs signal once. Call one of the numbers.";

let tools = null;
let page = null;
let covered = [];
let timer = 0;

/** @param {typeof import("./later.js").TOOLS} given */
export async function open(_button, given) {
  if (!tools) {
    given.watch(show);
    addEventListener("pagehide", () => page && leave());
  }
  tools = given;
  if (page?.isConnected) return;
  const made = await fetched();
  if (!made) return tools.say(NOT_HERE, "is-failed");
  page = made;
  const main = document.querySelector("main");
  covered = [...main.children].filter((part) => !part.hidden && !part.matches("[data-said]"));
  for (const part of covered) part.hidden = true;
  fillWhere(main);
  main.append(page);
  page.addEventListener("click", clicked);
  page.querySelector("form")?.addEventListener("submit", submitted);
  scrollTo(0, 0);
  page.querySelector("h1").focus();
  await show();
  ask();
}

async function fetched() {
  try {
    const response = await fetch("/matter", { credentials: "omit", redirect: "error" });
    if (!response.ok || !response.headers.has("X-FieldVisit-Proto")) return null;
    const made = document.createElement("template");
    made.innerHTML = await response.text();
    return made.content.querySelector("[data-matter]");
  } catch {
    return null;
  }
}

/** Where they are: the open visit's door and number. They may change it. */
function fillWhere(main) {
  const where = page.querySelector("[name=where]");
  const door = main.querySelector("[data-visit] h1")?.textContent;
  if (where && door) where.value = `${door}, ${document.title.split(" – ")[0]}`;
}

function clicked({ target }) {
  if (target.closest("[data-away]")) {
    leave();
    tools.go("/today");
  } else if (target.closest("[data-go-back]")) leave();
}

function leave() {
  clearTimeout(timer);
  const form = page.querySelector("form");
  if (form) clear(form);
  page.remove();
  page = null;
  for (const part of covered) part.hidden = false;
  covered = [];
}

async function submitted(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("[type=submit]");
  if (button.hasAttribute("aria-disabled") || !tools.isComplete(form)) return;
  button.setAttribute("aria-disabled", "true");
  const uuid = crypto.randomUUID();
  try {
    await keep(uuid, saidIn(form));
  } catch (error) {
    const words = await whyNot(error, uuid);
    if (words) return page?.querySelector("[data-trouble]").replaceChildren(words);
  } finally {
    button.removeAttribute("aria-disabled");
  }
  clear(form);
  form.hidden = true;
  tools.say("Saved on this phone: Entry", "is-saved");
  await show().catch(() => null);
  return page?.querySelector("[data-sent] h2").focus();
}

/** Empty when it is on this phone after all: what broke, broke afterwards. Its disk alone knows. */
async function whyNot(error, uuid) {
  if (error instanceof TooLong) return SAYS.tooLong;
  if (error instanceof tools.NotSaved) return error.message;
  try {
    const mine = await tools.myItems();
    return mine.some((item) => item.uuid === uuid) ? "" : SAYS.notSaved;
  } catch {
    return SAYS.unknown;
  }
}

async function keep(uuid, { reach, ...said }) {
  const name = document.querySelector("[data-who]")?.textContent;
  const by = [name, document.documentElement.dataset.person, reach].filter(Boolean).join(", ");
  const { size, sealed, sha256 } = await boxOf({ ...said, by }, keyOf("seal"));
  await tools.record({ uuid, kind: "box", kv: 2, visit: null, body: { size, sealed }, label: "Entry", proof: sha256 });
}

function keyOf(name) {
  return JSON.parse(page.dataset[name]);
}

/** How far each of mine has come that is not yet known to be received. */
async function show() {
  const mine = page?.isConnected ? (await tools.myItems()).filter((item) => item.proof) : [];
  if (!page?.isConnected) return;
  const list = page.querySelector("[data-sent] ul");
  for (const item of mine) say(list, item.seq, item.state === "queued" ? SAYS.waiting : SAYS.sent);
  page.querySelector("[data-sent]").hidden = !list.children.length;
}

function say(list, seq, words) {
  let line = list.querySelector(`[data-of="${seq}"]`);
  if (!line) {
    line = list.appendChild(document.createElement("li"));
    line.dataset.of = seq;
  }
  if (line.textContent !== words) line.textContent = words;
}

/** While somebody looks: has the vault signed? A number is shown once, and from then on this phone knows nothing of it. */
async function ask() {
  clearTimeout(timer);
  if (!page?.isConnected) return;
  if (document.visibilityState === "visible") await askOnce().catch(() => null);
  if (page?.isConnected) timer = setTimeout(ask, ASK_MS);
}

async function askOnce() {
  const device = await tools.deviceId();
  for (const { seq, uuid, proof, state } of await tools.myItems()) {
    if (!proof || state === "queued") continue;
    const response = await fetch(`/entries/${uuid}?device=${device}`, { credentials: "omit", redirect: "error", cache: "no-store" });
    const { receipts } = await response.json();
    const number = page && (await numberIn(receipts, proof, keyOf("sign")));
    if (!number || !page?.isConnected) continue;
    say(page.querySelector("[data-sent] ul"), seq, SAYS.received(number));
    await tools.amendItems(() => ({ proof: null }), [seq]);
  }
}
