/**
 * What waits, what was sent, what the office holds: the status pill, the list at /outbox, the ledger of a visit. The
 * words are promises and stand here exactly; they differ in text, and by class in shape and colour.
 */

import { isUndelivered, isUnsent, photosToGo, toGo } from "./outbox-state.js";
import { drain, myItems, trouble } from "./outbox.js";
import { onEachView } from "./views.js";

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
  const rest = restWords([item]);
  if (item.state === "held") return { words: "Held: the office has this", look: "is-held" };
  if (item.state === "sent" && rest) return { words: `Sent, ${rest}`, look: "is-part" };
  if (item.state === "sent") return { words: "Sent", look: "is-sent" };
  const reason = item.why ?? why;
  if (reason) return { words: `Not sent yet: ${reason}`, look: "is-waiting" };
  return { words: "Saved on this phone", look: "is-saved" };
}

/** `1 photo to go`; nothing when all went. */
function restWords(items) {
  const photos = photosToGo(items);
  if (photos) return `${photos} photo${photos === 1 ? "" : "s"} to go`;
  return items.some((item) => toGo(item).length) ? "signature to go" : "";
}

/** What a line says beside its state: the office's words, and what is in the way of a photo. */
function messageOf(item) {
  const rest = toGo(item);
  const stuck = rest.find((blob) => blob.why);
  return [
    item.state === "held" && item.message,
    item.state === "held" && restWords([item]) && `${restWords([item])}.`,
    item.state !== "queued" && stuck && `Not gone yet: ${stuck.why}`,
  ].filter(Boolean).join(" ");
}

export function startOutboxView() {
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("[data-send-now]")) drain({ tapped: true });
  });
  onEachView(showOutbox);
}

/** Brings the pill, the lists and the published counts up to date with what is on the disk; one at a time, in order. */
export function showOutbox() {
  turn = turn.then(showNow, showNow);
  return turn;
}

async function showNow() {
  const [items, why] = [await myItems(), await trouble()];
  // With nobody signed in, the lines are somebody else's business.
  const lines = document.documentElement.dataset.person ? items : [];
  for (const ledger of document.querySelectorAll("[data-ledger]")) {
    const visit = (ledger.closest("[data-visit]") ?? document.querySelector("[data-visit]"))?.dataset.visit;
    fill(ledger, lines.filter((item) => item.visit === visit && !onTheOfficesList(item)), why, clockTime);
  }
  for (const list of document.querySelectorAll("[data-outbox-list]")) fill(list, lines, why, dayAndTime);
  for (const item of lines) {
    const line = document.querySelector(`[data-follows="${item.uuid}"]`);
    if (line) showState(line, item, why);
  }
  for (const part of document.querySelectorAll("[data-when-no-photo]")) part.hidden = hasPhoto(part, items);
  hide("[data-outbox-empty]", lines.length > 0);
  hide("[data-outbox-full]", !lines.some(isUndelivered));
  document.querySelectorAll("[data-outbox-summary]").forEach((line) => setText(line, summaryOf(lines)));
  showCounts(items);
}

/** Was a photo of this visit taken with this phone? The reason for having none is asked only then. */
function hasPhoto(part, items) {
  const visit = part.closest("[data-visit]")?.dataset.visit;
  return items.some((item) => item.visit === visit && item.kind === "photo.taken");
}

function hide(what, isHidden) {
  for (const part of document.querySelectorAll(what)) part.hidden = isHidden;
}

function summaryOf(items) {
  const [unsent, held] = [items.filter(isUnsent), items.filter((item) => item.state === "held")];
  const rest = restWords(items);
  return [
    unsent.length && `${waitingWords(unsent)}, the oldest since ${dayAndTime(unsent[0].wall)}.`,
    rest && `${rest[0].toUpperCase()}${rest.slice(1)}.`,
    held.length && `${held.length} held: the office has ${held.length === 1 ? "it" : "them"}.`,
    items.length && !unsent.length && !rest && "Nothing waits.",
  ].filter(Boolean).join(" ");
}

function showCounts(items) {
  const unsent = items.filter(isUnsent);
  showPill(unsent, restWords(items));
  document.documentElement.dataset.unsent = String(unsent.length);
  document.documentElement.dataset.photos = String(photosToGo(items));
  // The number on the icon: what is still only here. Not every browser has one, and some ask for a permission first.
  navigator.setAppBadge?.(items.filter(isUndelivered).length).catch(() => null);
}

/** The page lists what the office had when it was made: those lines are not told twice. */
function onTheOfficesList(item) {
  return item.state !== "queued" && document.querySelector(`li[data-uuid="${CSS.escape(item.uuid)}"]`) !== null;
}

function showPill(unsent, rest = "") {
  const state = document.documentElement.dataset.outbox;
  if (state === "no-storage") setPill(CANNOT_KEEP, "no-storage", "is-failed");
  else if (unsent.length) setPill(waitingWords(unsent), "waiting", "is-waiting");
  else if (rest) setPill(`Sent, ${rest}`, "photos", "is-part");
  else if (state === "ready") setPill("All sent", "sent", "is-sent");
  else setPill("Getting this phone ready. It needs signal.", "starting", "is-waiting");
}

function waitingWords(unsent) {
  return `${unsent.length} saved on this phone, not sent yet`;
}

function setPill(words, state, look) {
  for (const pill of document.querySelectorAll("[data-outbox-status]")) {
    pill.dataset.state = state;
    pill.classList.remove("is-failed", "is-waiting", "is-sent", "is-part");
    pill.classList.add(look);
    setText(pill, words);
  }
}

/** @returns {string} what the person is told, for the line that is read out */
export function showCannotKeep() {
  document.documentElement.dataset.outbox = "no-storage";
  document.documentElement.dataset.unsent = document.documentElement.dataset.photos = "0";
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

export function part(name, words = "") {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = words;
  return span;
}

function showState(line, item, why) {
  const { words, look } = stateOf(item, why);
  line.className = look;
  setText(line.querySelector(".entry-state"), words);
  setText(line.querySelector(".entry-message"), messageOf(item));
}

/** Unchanged words are left alone: a screen reader would read them out again. */
function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
