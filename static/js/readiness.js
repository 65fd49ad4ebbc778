/**
 * Before the visit begins: can this phone keep what is recorded, is its clock right, has it room, does anything wait
 * too long? Said in `<div data-readiness>`; `data-readiness` on the root names what was found.
 */

import { canSeal } from "./envelope.js";
import { watch } from "./outbox-line.js";
import { isUndelivered } from "./outbox-state.js";
import { openStore, recall, tryRoom } from "./outbox-store.js";
import { myItems } from "./outbox.js";
import { onEachView } from "./views.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CLOCK_MINUTES = 10;
const NAG_HOURS = 2;
const ALARM_HOURS = 24;
const ROOM_BYTES = 1_000_000;
const shown = new WeakMap();
let installer = null;
let room = null;
let turn = Promise.resolve();

export function startReadiness() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installer = event;
    show();
  });
  addEventListener("appinstalled", async () => {
    installer = null;
    await navigator.storage?.persist?.();
    show();
  });
  watch(show);
  onEachView(show);
}

function show() {
  turn = turn.then(showNow, showNow);
}

async function showNow() {
  const places = [...document.querySelectorAll("[data-readiness]:not(html)")];
  if (!places.length) return;
  const notes = (await canKeep()) ? await findings() : [CANNOT_KEEP];
  document.documentElement.dataset.readiness = notes.map((note) => note.code).join(" ");
  for (const place of places) fill(place, notes);
}

async function canKeep() {
  if (!canSeal() || document.documentElement.dataset.outbox === "no-storage") return false;
  return openStore().then(() => true, () => false);
}

const CANNOT_KEEP = {
  code: "cannot-keep", tone: "bad", office: true,
  words: "Do not start a visit with this phone: it cannot keep entries. If this is a private tab, open FieldVisit in "
    + "an ordinary one. Otherwise call the office.",
};

async function findings() {
  return [await clock(), await space(), await waiting(), ...(await storage())].filter(Boolean);
}

async function clock() {
  const offset = (await recall("offset_ms")) ?? 0;
  if (Math.abs(offset) <= CLOCK_MINUTES * MINUTE) return null;
  const how = `${long(Math.abs(offset))} ${offset > 0 ? "slow" : "fast"}`;
  const words = `This phone’s clock is ${how}. Set it to automatic.`;
  return { code: "clock", tone: "warn", words };
}

function long(ms) {
  const [size, name] = ms < 2 * HOUR ? [MINUTE, "minute"] : ms < 48 * HOUR ? [HOUR, "hour"] : [24 * HOUR, "day"];
  const number = Math.floor(ms / size);
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}

/** What a browser says of its room is not to be trusted: we try. */
async function space() {
  room ??= tryRoom(ROOM_BYTES).then(() => true, (error) => error?.name !== "QuotaExceededError");
  if (await room) return null;
  room = null;
  const words = "This phone is nearly full. Photos may not fit. Delete something from it now.";
  return { code: "full", tone: "bad", words };
}

async function waiting() {
  const late = (await myItems()).filter((item) => isUndelivered(item) && ageOf(item) > NAG_HOURS * HOUR);
  if (!late.length) return null;
  const age = Math.max(...late.map(ageOf));
  const many = late.length === 1 ? "1 entry has" : `${late.length} entries have`;
  const alarm = age > ALARM_HOURS * HOUR;
  const words = `${many} waited on this phone for ${long(age)}. Find signal, and keep FieldVisit open until it says `
    + `All sent.${alarm ? " Or call the office now." : ""}`;
  return { code: "waiting", tone: alarm ? "bad" : "warn", office: alarm, words };
}

function ageOf(item) {
  return Date.now() - Date.parse(item.wall);
}

async function storage() {
  const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
  const keeps = await navigator.storage?.persisted?.();
  const answer = {
    code: keeps ? "kept" : "not-promised",
    words: keeps ? "This phone has promised to keep your entries until they are sent."
      : "This phone has not promised to keep your entries: if it runs short of room, it may delete them.",
  };
  return [answer, installed ? null : wayIn()];
}

function wayIn() {
  const add = { code: "install", tone: "warn" };
  const safer = "there your entries are safer.";
  if (installer) return { ...add, words: `Put FieldVisit on the home screen: ${safer}`, install: true };
  if (/iPhone|iPad/.test(navigator.userAgent)) {
    return { ...add, words: "iPhones delete what a web page keeps after 7 days without a visit. Press Share, then Add "
      + "to Home Screen. Leave Open as Web App on. Then open FieldVisit there and sign in." };
  }
  if (!/Android/.test(navigator.userAgent)) return null;
  return { ...add, words: `Open your browser’s menu and press Add to Home screen: ${safer}` };
}

/** Only what changed is written anew: a screen reader would read it out again. */
function fill(place, notes) {
  const key = JSON.stringify(notes);
  if (shown.get(place) === key) return;
  shown.set(place, key);
  place.replaceChildren(...notes.flatMap(written));
}

function written({ tone, words, office, install }) {
  const line = document.createElement(tone ? "div" : "p");
  line.className = tone ? `alert alert--${tone}` : "help";
  line.textContent = words;
  const number = office && document.querySelector('footer a[href^="tel:"]');
  if (number) line.append(" ", number.cloneNode(true));
  return install ? [line, installButton()] : [line];
}

function installButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "choice choice--plain";
  button.textContent = "Put FieldVisit on the home screen";
  button.addEventListener("click", () => {
    installer?.prompt();
    installer = null;
  });
  return button;
}
