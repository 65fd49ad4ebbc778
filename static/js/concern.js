/**
 * Another matter, at a desk. What is typed stays in the fields of this page until the office's computer has it, sealed
 * to the vault before it leaves; then the fields are empty. With no line, the words stay where they are.
 */

import { clear, saidIn, SAYS } from "./matter-form.js";
import { boxOf, numberIn, TooLong } from "./matter-seal.js";

const ASK_MS = 5_000;
const NOT_SENT = "NOT sent: there is no connection. Your words are still here. Press again in a while. If it cannot wait, ring.";
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
    trouble.textContent = error instanceof TooLong ? SAYS.tooLong : NOT_SENT;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

async function sealed() {
  const { by, reach, ...said } = saidIn(form);
  const box = await boxOf({ ...said, by: [by, reach].filter(Boolean).join(", ") }, keyOf("seal"));
  return { uuid: crypto.randomUUID(), ...box };
}

async function post({ uuid, sealed: box }) {
  const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  const response = await fetch("/concern", {
    method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ uuid, sealed: box }), redirect: "error",
  });
  if (!response.ok || !(await response.json()).taken) throw new Error("not taken");
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
    const { receipts } = await (await fetch(`/concern/${sent.uuid}`, { cache: "no-store", redirect: "error" })).json();
    const number = await numberIn(receipts, sent.sha256, keyOf("sign"));
    if (number) return show(SAYS.received(number));
  } catch { /* no line: it is asked again */ }
  return setTimeout(ask, ASK_MS);
}
