/**
 * A button pressed twice acts once.
 *
 * After a fact is saved the next step appears under the same thumb, so for a moment no button of any form records.
 */

const REST_MS = 1200;
let busy = false;

export function isBusy() {
  return busy;
}

/**
 * Runs `work` unless another press is still at work or resting.
 *
 * @param {() => Promise<boolean>} work  resolves to whether it acted; when it did, the buttons rest a little longer
 */
export async function pressed(work) {
  if (busy) return;
  hold();
  let acted = false;
  try {
    acted = await work();
  } finally {
    setTimeout(release, acted ? REST_MS : 0);
  }
}

function hold() {
  busy = true;
  document.documentElement.dataset.busy = "yes";
  // aria-disabled and not disabled: a disabled button loses the focus, and a screen reader its place.
  for (const button of document.querySelectorAll("button, input[type=submit]")) {
    const records = button.form?.matches("[data-event]") || button.matches("[data-show], [data-back]");
    if (!records || button.hasAttribute("aria-disabled")) continue;
    button.setAttribute("aria-disabled", "true");
    button.dataset.resting = "yes";
  }
}

function release() {
  busy = false;
  delete document.documentElement.dataset.busy;
  for (const button of document.querySelectorAll("[data-resting]")) {
    button.removeAttribute("aria-disabled");
    delete button.dataset.resting;
  }
}

/** Ordinary forms, such as signing in: `form[data-press-once]` goes once for each time that the page is shown. */
export function startPressOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-press-once]")) return;
    if (form.dataset.pressed) event.preventDefault();
    form.dataset.pressed = "yes";
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-pressed]").forEach((form) => delete form.dataset.pressed);
  });
}
