/**
 * The doorstep: a form with `data-event` becomes a fact, and the steps of a visit follow one another on one page. The
 * server wrote every step and named the one that follows each answer; this page decides nothing about the visit.
 */

import { bodyOf, clearErrorOf, factOf, isComplete } from "./fact-form.js";
import { clockTime } from "./outbox-view.js";
import { myItems, NotSaved, record } from "./outbox.js";
import { isTakingPhoto, startPhotos } from "./photo.js";
import { isBusy, pressed } from "./press-once.js";
import { startReadiness } from "./readiness.js";
import { say } from "./say.js";
import { signatureOf, startSignaturePads } from "./signature-pad.js";
import { go, onEachView } from "./views.js";

export { say } from "./say.js";

const NOT_WRITTEN =
  "NOT saved. This phone could not write it down. Your answers are still here: press again, or call the office.";
// Minted at the first press and kept until the save is complete: one form is one event however often it is pressed.
const uuids = new WeakMap();
const touched = new Set();
// A step that can be opened from several, such as the photos, leads back to the one that it was opened from.
const cameFrom = {};

/** @param {() => boolean} canKeep  false when this phone cannot keep entries */
export function startDoorstep(canKeep) {
  onEachView((root) => {
    for (const form of root.querySelectorAll("form[data-event]")) form.noValidate = true;
    // The steps of a page that came without them, at last. A view that the shell draws finds its place by itself.
    if (root !== document && root.matches("[data-visit]")) goOnFromWhatWaits();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-event]")) return;
    event.preventDefault();
    if (canKeep()) pressed(() => submitted(event.target, event.submitter));
  });
  for (const kind of ["input", "change"]) document.addEventListener(kind, noteTouch);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-show], [data-back]");
    if (!button || isBusy()) return;
    const { show, back } = button.dataset;
    const now = document.querySelector("[data-step]:not([hidden])")?.dataset.step;
    if (show) cameFrom[show] = now;
    showStep(show ?? cameFrom[now] ?? back);
  });
  startPhotos(canKeep);
  startSignaturePads();
  startReadiness();
}

function noteTouch({ target }) {
  if (!target.form?.matches("[data-event], [data-matter] *")) return;
  touched.add(target.form);
  clearErrorOf(target);
}

/** Is something half written on this page? */
export function isDirty() {
  return isTakingPhoto() || [...touched].some((form) => form.isConnected);
}

/** @returns {Promise<boolean>} whether the fact is on this phone's disk */
async function submitted(form, submitter) {
  if (!isComplete(form)) return false;
  if (!uuids.has(form)) uuids.set(form, crypto.randomUUID());
  const fact = { ...factOf(form, submitter), uuid: uuids.get(form), body: bodyOf(form, submitter) };
  // A report leads back to where the person was.
  fact.next = cameFrom[form.dataset.backOf] ?? fact.next;
  const item = await kept(fact, signatureOf(form));
  if (item) saved(form, item);
  return Boolean(item);
}

async function kept(fact, attached) {
  try {
    return await record(fact, attached);
  } catch (error) {
    if (!(error instanceof NotSaved)) console.error("doorstep: not saved", error);
    say(error instanceof NotSaved ? error.message : NOT_WRITTEN, "is-failed");
    return null;
  }
}

function saved(form, item) {
  uuids.delete(form);
  touched.delete(form);
  form.reset();
  cameFrom[item.next] = null;
  say(`Saved on this phone: ${item.label}, ${clockTime(item.wall)}`, "is-saved");
  if (item.next?.startsWith("/")) go(item.next);
  else if (item.next && item.next !== "stay") showStep(item.next);
}

function showStep(name) {
  const step = stepNamed(name);
  if (!step) return;
  reveal(step);
  const heading = step.querySelector("h1, h2, h3") ?? step;
  heading.tabIndex = -1;
  heading.focus();
}

function reveal(step) {
  document.querySelectorAll("[data-step]").forEach((other) => {
    other.hidden = other !== step;
  });
}

function stepNamed(name) {
  return document.querySelector(`[data-step="${CSS.escape(name)}"]`);
}

/** The server wrote this page before it had what still waits here: go on from the last step recorded on this phone. */
export async function goOnFromWhatWaits() {
  const visit = document.querySelector("[data-visit]")?.dataset.visit;
  if (!visit) return;
  const waiting = (await myItems()).filter((item) => item.visit === visit && item.state === "queued" && item.next);
  const last = waiting.findLast((item) => stepNamed(item.next));
  if (last) reveal(stepNamed(last.next));
}
