/**
 * The pages of the phone line. What is typed is saved on the server as it is typed, one save after another, and on this machine nowhere.
 * While the line is lost the page says since when, and tries again by itself; filing does the same, with the same key.
 */

const RETRY_MS = 1_000;
const RETRY_MOST_MS = 15_000;
const form = document.querySelector("[data-intake]");
const line = form.querySelector("[data-saved]");
const ofTheCaller = form.querySelector("[data-of-caller]");
const ifAnonymous = form.querySelectorAll("[data-if-anonymous]");
const ifNamed = form.querySelector("[data-if-named]");
const elsewhere = "It was filed, or is gone. Look it up under ‘Take a call’ before you type more.";

const signedOut = "You have been signed out. Sign in in another tab: what you wrote stays here, and this page goes on by itself.";
const noLine = "Not filed yet: there is no connection. Stay on this page: it tries again by itself.";

let typed = Number(form.dataset.number); // keystrokes, and those that the server has
let kept = typed;
let since = line.dataset.saved;
let saving = false;
let waits = 0;
let filing = false;
let over = false;

say("Saved as you type, by the council. Nothing stays on this computer.");
anonymity();
form.addEventListener("input", changed);
form.addEventListener("submit", file);
addEventListener("online", save);
addEventListener("pagehide", left);
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });

function say(words, trouble = false) {
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("fv-saved--not", trouble);
}

function changed() {
  typed += 1;
  form.elements.n.value = typed; // also for a page that comes back with what is missing: it counts on from there
  anonymity();
  save();
}

/**
 * Whoever stays anonymous: what was typed about them is sent no more, so the next save takes it from the draft and filing
 * leaves it behind. On this page it stays until then, out of sight: a slip of the arrow keys must not cost it.
 */
function anonymity() {
  if (!ofTheCaller) return; // of conduct alone is told without a name
  const yes = form.elements.anonymous.value === "yes";
  for (const field of ofTheCaller.querySelectorAll("input")) field.disabled = yes;
  ofTheCaller.hidden = yes;
  ifNamed.hidden = yes;
  for (const each of ifAnonymous) each.hidden = !yes;
}

function body() {
  return new URLSearchParams(new FormData(form));
}

class SignedOut extends Error {}

async function send(address, more = {}) {
  let answer = await post(address, more);
  if (answer.status === 400 && await renewed()) answer = await post(address, more);
  if (answer.status === 401) throw new SignedOut();
  return answer;
}

function post(address, more) {
  const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value };
  return fetch(address, { method: "POST", body: body(), headers, redirect: "error", ...more });
}

/** Whoever signed in anew in another tab has another token: this page's own address knows it. */
async function renewed() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (answer.redirected) throw new SignedOut();
  const [, token] = /"X-CSRFToken": "([^"]+)"/.exec(await answer.text()) ?? [];
  if (token) form.elements.csrf_token.value = token;
  return Boolean(token);
}

async function save() {
  if (saving || filing || over || typed === kept) return;
  saving = true;
  const sent = typed;
  try {
    const answer = await send(form.dataset.intake);
    if (answer.status === 409) {
      over = true;
      say(elsewhere, true);
      return;
    }
    if (!answer.ok) throw new Error("not saved");
    since = (await answer.json()).saved;
    kept = sent;
    waits = 0;
    say(`Saved ${since}. Nothing stays on this computer.`);
  } catch (error) {
    say(`Not saved since ${since}. ${error instanceof SignedOut ? signedOut : "Go on writing: this page tries again by itself."}`, true);
    waits = Math.min(waits * 2 || RETRY_MS, RETRY_MOST_MS);
    setTimeout(save, waits);
  } finally {
    saving = false;
  }
  if (typed !== kept && !waits) save();
}

async function file(event) {
  if (event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (filing) return;
  filing = true;
  say("Filing…");
  while (saving) await rest(50); // a save that came after it would be a draft of what is filed
  for (;;) {
    try {
      const answer = await send(form.action);
      if (answer.ok) {
        const { to } = await answer.json();
        over = true;
        location.assign(to);
        return;
      }
      if (answer.status < 500) {
        over = true; // the page that comes says what is missing, with everything that was typed
        HTMLFormElement.prototype.submit.call(form);
        return;
      }
      say(noLine, true);
    } catch (error) { // the same again, with the same key
      say(error instanceof SignedOut ? `Not filed yet. ${signedOut}` : noLine, true);
    }
    await rest(2 * RETRY_MS);
  }
}

/** A tab that is closed: the last words go out behind it, and nothing is left in its fields. */
function left() {
  if (!over && typed !== kept) send(form.dataset.intake, { keepalive: true }).catch(() => {});
  for (const field of form.querySelectorAll("input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea")) field.value = "";
}

function rest(ms) {
  return new Promise((done) => { setTimeout(done, ms); });
}
