/**
 * The field face's entry: opens this phone's disk, enrols the phone for the person signed in, and starts each feature
 * where the page asks for it. Publishes `data-outbox` and `data-unsent` on the root, for the style sheet and for tests.
 */

import { goOnFromWhatWaits, isDirty, say, startDoorstep } from "./doorstep.js";
import { canSeal } from "./envelope.js";
import { showCannotKeep, showOutbox, startOutboxView } from "./outbox-view.js";
import { begin, isReady, myItems, wake, watch } from "./outbox.js";
import { isBusy, startPressOnce } from "./press-once.js";
import { startShell, whoseShell } from "./shell.js";
import { completePage } from "./steps.js";
import { onEachView } from "./views.js";

const root = document.documentElement;
root.dataset.outbox = "starting";
let badge = null;

startPressOnce();
onEachView(startBadge);
startDoorstep(canKeep);
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
  watch(refreshAfterSent);
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

/** `<body data-refresh="after-sent">`: the server's page again when all is sent, but never over half-written words. */
async function refreshAfterSent({ delivered }) {
  if (document.body.dataset.refresh !== "after-sent" || !delivered) return;
  if ((await myItems()).some((item) => item.state === "queued")) return;
  if (isBusy()) setTimeout(() => refreshAfterSent({ delivered }), 300);
  else if (!isDirty()) location.reload();
}

function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content ?? "";
}
