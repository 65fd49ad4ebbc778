/**
 * Is the office watching? Asked of the office's computer, never told from this phone's own memory: what was saved here
 * is not watched before it was answered. Fetched when the button is pressed (js/later.js).
 */

const PATIENCE_MS = 10_000;
const NOT_WATCHED = "NOT known to be watched: this phone cannot reach the office now. Tell somebody where you are, or ring.";
const WAITS = "Your check-in is still only on this phone. Nobody has it yet.";

/** @param {HTMLElement} button  @param {typeof import("./later.js").TOOLS} tools */
export async function open(button, tools) {
  const shown = button.closest("[data-step]").querySelector("[data-watching]");
  const visit = button.closest("[data-visit]").dataset.visit;
  const answer = await asked(visit);
  const waits = (await tools.myItems()).some(
    (item) => item.visit === visit && item.kind?.startsWith("safety.") && item.state === "queued",
  );
  shown.className = `alert alert--${answer?.watched && !waits ? "good" : "bad"}`;
  shown.textContent = [answer?.says ?? NOT_WATCHED, waits ? WAITS : ""].join(" ");
}

async function asked(visit) {
  try {
    const response = await fetch(`/safety/${visit}/watching`, {
      redirect: "error", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return response.ok && response.headers.has("X-FieldVisit-Proto") ? await response.json() : null;
  } catch {
    return null;
  }
}
