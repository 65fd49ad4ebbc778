/**
 * Another matter, at a desk. What is typed stays in the fields of this page until the office's computer has it, sealed
 * to the vault before it leaves; then the fields are empty. With no line, the words stay where they are.
 */

import { clear, saidIn, SAYS } from "./matter-form.js";
import { boxOf, numberIn, TooLong } from "./matter-seal.js";

const ASK_MS = 5_000;
const JSON_PLEASE = { Accept: "application/json" };
const NOT_SENT = "NOT sent: there is no connection. Your words are still here. Press again in a while. If it cannot wait, ring.";
const SIGNED_OUT = "NOT sent: you have been signed out. Sign in in another tab, then press again here. Your words stay here meanwhile.";
const SENT_BUT_OUT = "Sent. You have been signed out: sign in in another tab, and the number appears here.";
const NOTHING = "Write what you saw or were told. One sentence is enough.";
const page = document.querySelector("[data-matter]");
const form = page.querySelector("[data-write]");
const trouble = page.querySelector("[data-trouble]");
const button = form.querySelector("button:not([type=button])");

/** Sealed already, and perhaps arrived although nobody answered: the same again, unless a word was changed. */
let made = null;
let sent = null;

form.hidden = false;
form.addEventListener("submit", submitted);
for (const kind of ["input", "change"]) form.addEventListener(kind, () => { made = null; });
addEventListener("pagehide", () => clear(form));

async function submitted(event) {
  event.preventDefault();
  if (button.hasAttribute("aria-disabled")) return;
  trouble.textContent = "";
  if (!form.elements.facts.value.trim()) {
    trouble.textContent = NOTHING;
    form.elements.facts.focus();
    return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    made ??= await sealed();
    await post(made);
    sent = made;
    made = null;
    clear(form);
    form.hidden = true;
    show(SAYS.sent);
    page.querySelector("[data-sent] h2").focus();
    ask();
  } catch (error) {
    trouble.textContent = error instanceof TooLong ? SAYS.tooLong : error instanceof SignedOut ? SIGNED_OUT : NOT_SENT;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

async function sealed() {
  const { by, reach, ...said } = saidIn(form);
  const box = await boxOf({ ...said, by: [by, reach].filter(Boolean).join(", ") }, keyOf("seal"));
  return { uuid: crypto.randomUUID(), ...box };
}

class SignedOut extends Error {}

async function post({ uuid, sealed: box }) {
  let response = await posted(uuid, box, tokenIn(document.body.getAttribute("hx-headers:inherited")));
  if (response.status === 400) response = await posted(uuid, box, await newToken());
  if (response.status === 401) throw new SignedOut();
  if (!response.ok || !(await response.json()).taken) throw new Error("not taken");
}

function posted(uuid, box, token) {
  return fetch("/concern", {
    method: "POST", headers: { ...JSON_PLEASE, "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ uuid, sealed: box }), redirect: "error",
  });
}

/** Whoever signed in anew in another tab has another token: this page's own address knows it. */
async function newToken() {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (answer.redirected) throw new SignedOut();
  return tokenIn(await answer.text());
}

function tokenIn(text) {
  return /"X-CSRFToken": "([^"]+)"/.exec(text)?.[1] ?? "";
}

function keyOf(name) {
  return JSON.parse(page.dataset[name]);
}

function show(words) {
  page.querySelector("[data-sent]").hidden = false;
  page.querySelector("[data-state]").textContent = words;
}

/** Until the vault has signed. The number is on this page alone. */
async function ask() {
  try {
    const answer = await fetch(`/concern/${sent.uuid}`, { headers: JSON_PLEASE, cache: "no-store", redirect: "error" });
    show(answer.status === 401 ? SENT_BUT_OUT : SAYS.sent);
    const { receipts } = await answer.json();
    const number = await numberIn(receipts, sent.sha256, keyOf("sign"));
    if (number) return show(SAYS.received(number));
  } catch { /* no line: it is asked again */ }
  return setTimeout(ask, ASK_MS);
}
