/**
 * The field face's entry: opens this phone's disk, enrols the phone for the person signed in, and starts each feature
 * where the page asks for it. Publishes `data-outbox` and `data-unsent` on the root, for the style sheet and for tests.
 */

import { goOnFromWhatWaits, say, startDoorstep } from "./doorstep.js";
import { canSeal } from "./envelope.js";
import { startLater } from "./later.js";
import { showCannotKeep, showOutbox, startOutboxView } from "./outbox-view.js";
import { begin, isReady, wake, watch } from "./outbox.js";
import { dropCopies } from "./packs.js";
import { startPressOnce } from "./press-once.js";
import { startShell, whoseShell } from "./shell.js";
import { completePage } from "./steps.js";
import { onEachView } from "./views.js";

const root = document.documentElement;
root.dataset.outbox = "starting";
/** Pressed before sign-out.js was there: the pages go all the same. */
document.addEventListener("submit", async (event) => {
  if (event.defaultPrevented || !event.target.matches("[data-sign-out]")) return;
  event.preventDefault();
  await dropCopies();
  event.target.submit();
});

let badge = null;

startPressOnce();
onEachView(startBadge);
startDoorstep(canKeep);
startLater();
start();

async function start() {
  const complete = completePage();
  try {
    if (!canSeal()) throw new Error("this browser cannot seal");
    await begin({ person: await whoseShell(), app: meta("fv-app"), csrf: meta("csrf-token") });
  } catch (error) {
    console.error("outbox: cannot keep entries", error);
    say(showCannotKeep(), "is-failed");
    return;
  }
  startOutboxView();
  watch(publishReady);
  await complete;
  await goOnFromWhatWaits();
  await startShell();
  await publishReady();
  await wake();
}

/** Fetched only where a badge is shown: it brings the drawing of codes with it. */
function startBadge(view) {
  if (view.querySelector("[data-live-badge]")) badge ??= import("./badge-live.js").then((it) => it.startLiveBadge());
}

function canKeep() {
  if (root.dataset.outbox !== "no-storage") return true;
  say(showCannotKeep(), "is-failed");
  return false;
}

async function publishReady() {
  if (await isReady()) root.dataset.outbox = "ready";
  await showOutbox();
}

function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content ?? "";
}
