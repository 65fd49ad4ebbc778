/**
 * Signing out of this phone: what waits gets five seconds to go; then all that could be read goes from this phone, and
 * what is sealed stays and goes by itself later, whoever has the phone then.
 */

import { isUndelivered } from "./outbox-state.js";
import { dropPacks, forgetAllBut } from "./outbox-store.js";
import { drainAll, isFor, myItems, watch } from "./outbox.js";

const PATIENCE_MS = 5_000;
const STAYS = /^(device|last_seq|epoch|offset_ms|durable_up_to|heard_at|pause_until|trouble)$|^(grant|enrolling|lock):/;
const form = document.querySelector("form[data-sign-out]");

isFor({ person: document.documentElement.dataset.person ?? "" });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.dataset.pressed) return;
  form.dataset.pressed = "yes";
  tell("Sending what waits.");
  await Promise.race([drainAll(), new Promise((done) => { setTimeout(done, PATIENCE_MS); })]).catch(() => null);
  await Promise.allSettled([tellWhatStays(), dropPacks(), forgetAllBut((key) => STAYS.test(key)),
    globalThis.caches?.delete("fv-state")]);
  form.submit();
});
watch(tellWhatStays);
tellWhatStays();

async function tellWhatStays() {
  const number = (await myItems()).filter(isUndelivered).length;
  tell(number ? `${number} saved on this phone, not sent yet. They stay locked on this phone and go when it next has `
    + "signal, even if someone else signs in." : "All that you saved is sent.");
}

function tell(words) {
  const line = document.querySelector("[data-outbox-unsent]");
  if (line.textContent !== words) line.textContent = words;
}
