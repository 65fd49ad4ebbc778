/**
 * Keeps the live badge live: every 20 seconds the code's fragment is fetched and put in place of the last one. When no
 * fresh one comes, the old one stays under a sign that says so: a still picture must not pass for a live badge.
 *
 * `<div data-badge-live data-badge-src="/badge/code">...</div>`
 */

const EVERY_MS = 20_000;
const PATIENCE_MS = 8_000;
const STOPPED = "This code has stopped and may be out of date. Find signal. It goes on by itself.";

export function startBadgeRefresh() {
  const badges = [...document.querySelectorAll("[data-badge-live][data-badge-src]")];
  if (!badges.length) return;
  const turn = () => document.visibilityState === "visible" && badges.forEach(refresh);
  setInterval(turn, EVERY_MS);
  document.addEventListener("visibilitychange", turn);
  addEventListener("online", turn);
}

async function refresh(badge) {
  try {
    badge.replaceChildren(...(await fetchFragment(badge.dataset.badgeSrc)));
    show(badge, "live");
  } catch {
    show(badge, "stopped");
  }
}

async function fetchFragment(address) {
  const giveUp = new AbortController();
  const clock = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  try {
    const response = await fetch(address, {
      credentials: "same-origin", redirect: "error", cache: "no-store", signal: giveUp.signal,
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const code = page.querySelector("[data-badge-live]") ?? page.body;
    // A live code is a picture; a page without one is an error, or a Wi-Fi network's way of asking for money.
    if (!response.ok || !code.querySelector("img, svg")) throw new Error("not a badge");
    return code.childNodes;
  } finally {
    clearTimeout(clock);
  }
}

function show(badge, state) {
  badge.dataset.badge = state;
  const sign = signOf(badge);
  sign.hidden = state === "live";
  const words = state === "live" ? "" : STOPPED;
  if (sign.textContent !== words) sign.textContent = words;
}

function signOf(badge) {
  const sign = badge.parentElement.querySelector("[data-badge-stopped]");
  if (sign) return sign;
  const made = document.createElement("p");
  made.dataset.badgeStopped = "";
  made.className = "is-failed";
  made.setAttribute("role", "alert");
  badge.before(made);
  return made;
}
