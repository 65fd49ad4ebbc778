/**
 * Puts the page of a visit together: the steps that every visit shares come once (GET /steps, or the day's pack), the
 * page brings what is its own and names the steps that it may have. A step that it does not name never enters the page.
 */

import { announce } from "./views.js";

const AGAIN_MS = 5_000;
const PATIENCE_MS = 20_000;

/** The server's page as it stands; on a bad line again and again. Resolves after the first try. */
export async function completePage() {
  const visit = document.querySelector("[data-steps-here]")?.closest("[data-visit]");
  if (!visit) return;
  const html = await fetchSteps(visit.dataset.stepsVersion);
  if (html === null) {
    waitFor(visit);
    setTimeout(completePage, AGAIN_MS);
    return;
  }
  visit.querySelector("[data-steps-wait]")?.remove();
  assemble(visit, html);
  announce(visit);
}

/** @returns {Promise<?string>} null when there is no answer of ours */
async function fetchSteps(version) {
  try {
    const response = await fetch(`/steps?v=${version}`, { redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.ok && response.headers.has("X-FieldVisit-Proto") ? await response.text() : null;
  } catch {
    return null;
  }
}

function waitFor(visit) {
  if (visit.querySelector("[data-steps-wait]")) return;
  const line = document.createElement("p");
  line.dataset.stepsWait = "";
  line.className = "alert";
  line.setAttribute("role", "status");
  line.textContent = "The rest of this page is on its way. It needs signal.";
  visit.querySelector("[data-steps-here]").before(line);
}

/** @param {ParentNode} visit  holds the page's own pieces  @param {string} html  the shared steps */
export function assemble(visit, html) {
  const shared = parsed(html);
  const here = visit.querySelector("[data-steps-here]");
  const slots = new Map([...visit.querySelectorAll("template[data-slot]")].map((one) => [one.dataset.slot, one]));
  for (const name of visit.dataset.steps.split(" ")) {
    const own = visit.querySelector(`[data-step="${name}"]`);
    const step = own ?? shared.querySelector(`[data-step="${name}"]`);
    if (!step) continue;
    for (const place of step.querySelectorAll("[data-put]")) {
      place.replaceWith(slots.get(place.dataset.put)?.content.cloneNode(true) ?? "");
    }
    step.hidden = name !== visit.dataset.opens;
    if (!own) here.before(step);
  }
  for (const slot of slots.values()) slot.remove();
  for (const one of visit.querySelectorAll("[data-from]")) one.hidden = Date.now() < one.dataset.from;
  for (const one of visit.querySelectorAll("[data-show]")) one.hidden = !visit.querySelector(`[data-step="${one.dataset.show}"]`);
  here.remove();
  if (visit.dataset.answered) suggest(visit, visit.dataset.answered);
}

export function parsed(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content;
}

/** Whoever answered is the likeliest to have said yes or no; the worker may choose another. */
function suggest(visit, who) {
  for (const one of visit.querySelectorAll(`input[name=who][value="${who}"]`)) one.defaultChecked = true;
  for (const one of visit.querySelectorAll(`select[name=who] option[value="${who}"]`)) one.defaultSelected = true;
}
