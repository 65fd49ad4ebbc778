/**
 * A declaration is sent while there is signal. Without it nothing is sent, nothing typed is lost, and the page says so.
 */

const ENOUGH_MS = 6000;
const SILENT = "No signal. Nothing was sent, and what you typed is still here. Press again when there is signal.";
const form = document.querySelector("form[data-declare]");
const said = document.querySelector("[data-no-signal]");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.dataset.asking) return;
  form.dataset.asking = "yes";
  said.hidden = true;
  if (await isThere()) {
    form.submit();
  } else {
    said.textContent = SILENT;
    said.hidden = false;
    said.focus();
  }
  delete form.dataset.asking;
});

/** Whether our own server answers; a café's sign-in page does not count. */
async function isThere() {
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ENOUGH_MS) });
    return answer.ok && (await answer.text()).trim() === "ok";
  } catch {
    return false;
  }
}
