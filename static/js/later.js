/**
 * What few people want and nobody waits for is a module of its own, fetched when its button is pressed. The worker keeps
 * it after the shell, so that it opens with no signal too. `data-later` on the button: the module's name.
 */

import { deviceId } from "./device.js";
import { isComplete } from "./fact-form.js";
import { onTheWire } from "./outbox-drain.js";
import { amendItems, bytesOf } from "./outbox-store.js";
import { myItems, NotSaved, record, watch } from "./outbox.js";
import { say } from "./say.js";
import { go } from "./views.js";

/** Such a module is packed by itself, and must use the shell's own of whatever remembers something. */
export const TOOLS = {
  amendItems, bytesOf, deviceId, go, isComplete, myItems, NotSaved, onTheWire, record, say, watch,
};

export function startLater() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-later]");
    if (!button) return;
    const module = `./${button.dataset.later}.js`;
    try {
      (await import(module)).open(button, TOOLS);
    } catch {
      say("This needs signal once. Call instead.", "is-failed");
    }
  });
}
