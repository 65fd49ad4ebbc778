/** Choosing a PIN, being asked for it, and what is said when it was wrong too often. */

import { choosePin, isWeak, triesLeft, tryPin } from "./lock.js";
import { parsed } from "./steps.js";

const SIX = /^[0-9]{6}$/;
const REASONS = { badge: "Your badge was not used for 15 minutes." };

function field(id, label) {
  return `<div class="field"><label for="${id}">${label}</label><p class="field-error" id="${id}-wrong" role="alert" hidden></p>
<input class="pin" id="${id}" type="text" inputmode="numeric" maxlength="6" autocomplete="off" spellcheck="false" aria-describedby="${id}-wrong"></div>`;
}

function button(label, tone = "yes", hint = "", more = "") {
  return `<button class="choice choice--${tone}" ${more}><span class="choice__label">${label}</span>${
    hint && `<span class="choice__hint">${hint}</span>`}</button>`;
}

/** @param {string} reason  @param {() => void} forgot  @returns {DocumentFragment} */
export function askView(reason, forgot) {
  const view = parsed(`<h1 tabindex="-1">Enter your PIN</h1>
<p data-why>${REASONS[reason] ?? "This phone is locked."} What you saved is safe, and goes by itself.</p>
<form data-pin novalidate autocomplete="off">${field("pin", "Your six digits")}<p data-left></p>
<div class="choices">${button("Open")}${button("I forgot it: sign in again", "plain", "Needs signal", "type=button data-forgot")}</div></form>`);
  const left = view.querySelector("[data-left]");
  triesLeft().then((number) => { left.textContent = number < 5 ? sayLeft(number) : ""; });
  view.querySelector("[data-forgot]").addEventListener("click", forgot);
  onPin(view.querySelector("form"), async ([pin]) => {
    if (!SIX.test(pin.value)) return wrong(pin, "Type six digits.");
    const { left: number } = await tryPin(pin.value);
    pin.value = "";
    if (number > 0 && number < 5) wrong(pin, "That is not your PIN.");
    left.textContent = sayLeft(number);
    return undefined;
  });
  return view;
}

function sayLeft(number) {
  if (number === 1) return "1 try left. If it is wrong, the visits are deleted from this phone.";
  return number > 1 && number < 5 ? `${number} tries left.` : "";
}

/** @returns {DocumentFragment} */
export function chooseView() {
  const view = parsed(`<div class="card"><h2>Choose a PIN</h2>
<p>Then today’s visits stay on this phone, locked, and work with no signal.</p>
<form data-pin novalidate autocomplete="off">${field("pin", "Six digits")}${field("pin-again", "The same six digits again")}
<div class="choices">${button("Keep my visits on this phone")}</div></form></div>`);
  onPin(view.querySelector("form"), ([pin, again]) => {
    if (!SIX.test(pin.value)) return wrong(pin, "Type six digits.");
    if (isWeak(pin.value)) return wrong(pin, "That is too easy to guess. Choose another.");
    if (again.value !== pin.value) return wrong(again, "The two are not the same. Type it again.");
    return choosePin(pin.value);
  });
  return view;
}

/** @param {boolean} isForgotten  @returns {DocumentFragment} */
export function goneView(isForgotten) {
  return parsed(`<h1 tabindex="-1">${isForgotten ? "Sign in again" : "The PIN was wrong five times"}</h1>
<div class="alert alert--warn"><p>Today’s visits and your badge are deleted from this phone.</p>
<p><strong>What you saved is safe.</strong> It goes by itself when there is signal.</p></div>
<p>Find signal and sign in. Then choose a new PIN.</p>
<div class="choices"><a class="choice choice--yes" href="/sign-in"><span class="choice__label">Sign in</span></a></div>`);
}

/** One try at a time; nothing of it goes anywhere. */
function onPin(form, act) {
  const inputs = [...form.querySelectorAll("input")];
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    inputs.forEach(clear);
    form.dataset.busy = "";
    await act(inputs);
    delete form.dataset.busy;
    busy = false;
  });
}

function clear(input) {
  input.removeAttribute("aria-invalid");
  input.previousElementSibling.hidden = true;
}

function wrong(input, words) {
  const line = input.previousElementSibling;
  line.textContent = words;
  line.hidden = false;
  input.setAttribute("aria-invalid", "true");
  input.focus();
}
