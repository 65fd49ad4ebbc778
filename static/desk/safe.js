/**
 * A page of the vault where somebody types. Typing keeps it open, by asking the vault; nothing else does. A minute before it
 * closes it says so. Then the screen is empty, and what was typed goes to the vault, which hands it back sealed.
 */

const MINUTE = 60_000;
const ASK_MS = 45_000;
const TRY_MS = 5_000;
const page = document.querySelector("[data-safe]");
const warning = page.querySelector("[data-safe-warning]");
const main = document.querySelector("main");
const ends = Date.now() + Number(page.dataset.ends) * 1_000;

let closes = Math.min(ends, Date.now() + Number(page.dataset.left) * 1_000);
let typedIn = null; // the form with words in it
let typed = false; // since the vault was asked last
let asked = 0;
let over = false;

for (const kind of ["input", "change"]) addEventListener(kind, heard);
page.querySelector("[data-safe-stay]").addEventListener("click", ask);
addEventListener("submit", () => { over = true; });
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.replace("/safe"); });
setInterval(look, 1_000);

function heard(event) {
  if (!event.isTrusted || !event.target.form) return;
  typedIn = event.target.form;
  typed = true;
  if (Date.now() - asked > ASK_MS) ask();
}

function look() {
  if (over) return;
  const left = closes - Date.now();
  warning.hidden = left > MINUTE;
  if (left <= 0) close();
  else if (typed && Date.now() - asked > ASK_MS) ask();
}

/** Somebody is here. While there is no line nothing is put off: the page closes when it said. */
async function ask() {
  asked = Date.now();
  typed = false;
  const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    const answer = await fetch("/safe/here", { method: "POST", headers, redirect: "error" });
    if (answer.status === 401) return close();
    if (!answer.ok) return;
    const { left } = await answer.json();
    closes = Math.min(ends, Date.now() + left * 1_000);
    for (const each of main.getAnimations()) each.currentTime = 0; // the sheet's own way of closing, where this did not run
    look();
  } catch { /* asked again when somebody types on */ }
}

async function close() {
  if (over) return;
  over = true;
  main.hidden = true;
  if (!typedIn) return location.replace("/safe");
  const note = document.createElement("p");
  note.className = "govuk-body";
  note.textContent = "This page is closed. What you typed is kept, and sealed as soon as there is a connection.";
  main.after(note);
  while (!(await isThere())) await new Promise((done) => { setTimeout(done, TRY_MS); });
  const keep = Object.assign(document.createElement("input"), { type: "hidden", name: "keep", value: "yes" });
  typedIn.append(keep);
  HTMLFormElement.prototype.submit.call(typedIn);
}

async function isThere() {
  try {
    return (await fetch("/healthz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
