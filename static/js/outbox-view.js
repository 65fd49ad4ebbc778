/**
 * What waits, what was sent, what the office holds: the status pill, the list at /outbox, the ledger of a visit. The
 * words are promises and stand here exactly; they differ in text, and by class in shape and colour.
 */

import { drain, myItems, trouble } from "./outbox.js";

const CANNOT_KEEP = "This phone cannot keep entries. Call the office.";
const LONDON = { timeZone: "Europe/London" };
const TIME = new Intl.DateTimeFormat("en-GB", { ...LONDON, hour: "numeric", minute: "2-digit", hour12: true });
const DATE = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const DAY = new Intl.DateTimeFormat("en-GB", { ...LONDON, ...DATE });
let turn = Promise.resolve();

/** `10:30am`, London time. */
export function clockTime(iso) {
  return TIME.format(new Date(iso)).replace(/\s/g, "").toLowerCase();
}

/** `Tuesday 8 December 2026, 10:30am` */
function dayAndTime(iso) {
  return `${DAY.format(new Date(iso)).replace(",", "")}, ${clockTime(iso)}`;
}

/** @returns {{words: string, look: string}} */
export function stateOf(item, why) {
  if (item.state === "sent") return { words: "Sent", look: "is-sent" };
  if (item.state === "held") return { words: "Held: the office has this", look: "is-held" };
  const reason = item.why ?? why;
  if (reason) return { words: `Not sent yet: ${reason}`, look: "is-waiting" };
  return { words: "Saved on this phone", look: "is-saved" };
}

export function startOutboxView() {
  document.querySelectorAll("[data-send-now]").forEach((button) => {
    button.addEventListener("click", () => drain({ tapped: true }));
  });
}

/** Brings the pill, the lists and the published count up to date with what is on the disk; one at a time, in order. */
export function showOutbox() {
  turn = turn.then(showNow, showNow);
  return turn;
}

async function showNow() {
  const [items, why] = [await myItems(), await trouble()];
  const unsent = items.filter((item) => item.state === "queued");
  for (const ledger of document.querySelectorAll("[data-ledger]")) {
    const visit = (ledger.closest("[data-visit]") ?? document.querySelector("[data-visit]"))?.dataset.visit;
    fill(ledger, items.filter((item) => item.visit === visit && !onTheOfficesList(item)), why, clockTime);
  }
  for (const list of document.querySelectorAll("[data-outbox-list]")) fill(list, items, why, dayAndTime);
  document.querySelectorAll("[data-outbox-empty]").forEach((line) => {
    line.hidden = items.length > 0;
  });
  showPill(unsent);
  document.documentElement.dataset.unsent = String(unsent.length);
}

/** The page lists what the office had when it was made: those lines are not told twice. */
function onTheOfficesList(item) {
  return item.state !== "queued" && document.querySelector(`li[data-uuid="${CSS.escape(item.uuid)}"]`) !== null;
}

function showPill(unsent) {
  const state = document.documentElement.dataset.outbox;
  if (state === "no-storage") setPill(CANNOT_KEEP, "no-storage", "is-failed");
  else if (unsent.length) setPill(waitingWords(unsent), "waiting", "is-waiting");
  else if (state === "ready") setPill("All sent", "sent", "is-sent");
  else setPill("Getting this phone ready. It needs signal.", "starting", "is-waiting");
}

function waitingWords(unsent) {
  return `${unsent.length} saved on this phone, not sent yet`;
}

function setPill(words, state, look) {
  for (const pill of document.querySelectorAll("[data-outbox-status]")) {
    pill.dataset.state = state;
    pill.classList.remove("is-failed", "is-waiting", "is-sent");
    pill.classList.add(look);
    setText(pill, words);
  }
}

/** @returns {string} what the person is told, for the line that is read out */
export function showCannotKeep() {
  document.documentElement.dataset.outbox = "no-storage";
  document.documentElement.dataset.unsent = "0";
  showPill([]);
  return CANNOT_KEEP;
}

/** One line an item; the lines that the server wrote are left alone. */
function fill(list, items, why, time) {
  const wanted = new Set(items.map((item) => String(item.seq)));
  list.querySelectorAll(":scope > [data-seq]").forEach((line) => wanted.has(line.dataset.seq) || line.remove());
  for (const item of items) {
    const line = list.querySelector(`:scope > [data-seq="${item.seq}"]`) ?? list.appendChild(newLine(item, time));
    showState(line, item, why);
  }
}

function newLine(item, time) {
  const line = document.createElement("li");
  line.dataset.seq = String(item.seq);
  const when = document.createElement("time");
  when.dateTime = item.wall;
  when.textContent = time(item.wall);
  line.append(when, " ", part("entry-label", item.label), " ", part("entry-state"), " ", part("entry-message"));
  return line;
}

function part(name, words = "") {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = words;
  return span;
}

function showState(line, item, why) {
  const { words, look } = stateOf(item, why);
  line.className = look;
  setText(line.querySelector(".entry-state"), words);
  setText(line.querySelector(".entry-message"), (item.state === "held" && item.message) || "");
}

/** Unchanged words are left alone: a screen reader would read them out again. */
function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
