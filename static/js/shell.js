/**
 * The page that stays: it shows the day's pages from this phone's own copies, asks behind them for newer ones, and
 * empties itself when the phone is locked. `data-shell` on the root: `page` (the server's) or `view` (ours).
 */

import { bar } from "./bars.js";
import { isDirty } from "./doorstep.js";
import { isOpen, onLocked, onOpened, onUsedUp, spend, startLock } from "./lock.js";
import { forget, recall, remember } from "./outbox-store.js";
import { isFor, myItems, watch } from "./outbox.js";
import { dropCopies, packsKept, readPack, refreshPacks } from "./packs.js";
import { askView, chooseView, goneView } from "./pin-view.js";
import { isBusy } from "./press-once.js";
import { assemble, parsed } from "./steps.js";
import { lookForUpdate, offer, startWorker, tidyShells } from "./update.js";
import { announce, drawViewsWith, onEachView } from "./views.js";

const PAGES = /^\/(today|badge|outbox|visits\/([0-9a-f]{32}))$/;
const TURN_MS = 30_000;
const REFRESH_MS = 180_000;
const STALE_MS = 120_000;
const LONDON = { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit" };
const TIME = new Intl.DateTimeFormat("en-GB", LONDON);
const root = document.documentElement;
const main = document.querySelector("main");
const after = document.title.split(" – ").slice(1).join(" – ");

let person = "";
/** @type {Awaited<ReturnType<typeof packsKept>>} */
let head = null;
let shown = { path: location.pathname, stamp: null };
/** @type {?{nodes: Node[], title: string}} */
let aside = null;

/** Whose page this is: the server's says so; ours knows from its copies. @returns {Promise<string>} */
export async function whoseShell() {
  head = await packsKept();
  person = isShell() ? (head?.person ?? "") : (root.dataset.person ?? "");
  if (isShell() && person) root.dataset.person = person;
  return person;
}

export async function startShell() {
  if (!main) return undefined;
  startWorker(isFree);
  if (!person) return isShell() ? noCopies() : undefined;
  if ((await recall("session-ends")) === person && !isShell()) return endSession();
  if (head && (head.person !== person || !keepsPages())) await forgetTheOther();
  listen();
  await startLock(person);
  if (root.dataset.lock === "none" && isShell()) return noCopies();
  if (root.dataset.lock === "shut" && PAGES.test(location.pathname)) cover();
  onEachView(offerPin);
  refresh();
  return undefined;
}

function isShell() {
  return root.dataset.shell === "view";
}

function listen() {
  onLocked(cover);
  onOpened(uncover);
  onUsedUp(wipeOut);
  watch(({ delivered }) => {
    if (delivered) refreshWhenSent();
    offer(isFree);
  });
  document.addEventListener("fv:packs", heard);
  document.addEventListener("click", follow);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
  addEventListener("online", refresh);
  addEventListener("popstate", ({ state }) => isOpen() && draw(location.pathname, { y: state?.y ?? 0 }));
  setInterval(turn, TURN_MS);
}

let turns = 0;
function turn() {
  turns += 1;
  sayHowOld();
  offer(isFree);
  if (turns % (REFRESH_MS / TURN_MS) === 0 && document.visibilityState === "visible") refresh();
  // Each ten minutes, with signal or without: copies that are past their time go.
  if (turns % 20 === 0) packsKept().then((kept) => head && !kept && location.reload());
}

// --- the copies

async function refresh() {
  if (root.dataset.lock === "none") return;
  const outcome = await refreshPacks(person, isBegunHere).catch((error) => {
    console.error("packs: not all kept", error);  // a full disk: the line says how many are here
    return "no-answer";
  });
  if (outcome === "other") return leaveToTheOther();
  if (outcome === "sign-in") bar("sign-in", "You are signed out.", { label: "Sign in to refresh", href: "/sign-in?next=/today" });
  else if (outcome !== "no-answer") bar("sign-in", "");
  if (outcome === "kept") {
    head = await packsKept();
    root.dataset.refreshed = String(head?.made);
    tidyShells();
    if (location.pathname === "/today") lookForUpdate();
    await renew();
  }
  sayHowOld();
}

async function refreshWhenSent() {
  if (!(await myItems()).some((item) => item.state === "queued")) await refresh();
}

async function heard({ detail: { person: of, csrf, badge } }) {
  if (of.id !== person) return;
  isFor({ csrf });
  const { keepBadge } = await import("./badge-live.js");
  await keepBadge(person, badge);
}

async function isBegunHere(visit) {
  const open = shown.path === `/visits/${visit}` && isDirty();
  return open || (await myItems()).some((item) => item.visit === visit);
}

/** The page that is open, anew, when the server has another: never over half-written words, and in the same place. */
async function renew() {
  const id = packOf(shown.path);
  const copy = id && (await readPack(id));
  if (!copy && id && isShell()) return draw(shown.path, { isRenewed: true });
  const stamp = copy && stampOf(copy);
  shown.stamp ??= stamp;
  if (!copy || stamp === shown.stamp || isDirty()) return undefined;
  if (isBusy()) return setTimeout(renew, 300);
  const step = main.querySelector("[data-step]:not([hidden])")?.dataset.step;
  const visit = parsed(copy.html ?? "").querySelector("[data-visit]");
  // Somebody may be in the middle of a step that the new page does not have any more, such as whom to call.
  if (step && visit && !visit.dataset.steps.split(" ").includes(step)) return undefined;
  return draw(shown.path, { y: scrollY, step, isRenewed: true });
}

function stampOf(copy) {
  return copy.stamp ?? copy.html ?? "";
}

function packOf(path) {
  const [, name, visit] = PAGES.exec(path) ?? [];
  return visit ?? (name === "today" || name === "badge" ? name : null);
}

function sayHowOld() {
  const old = head && isOpen() && Date.now() - head.asked > STALE_MS;
  bar("copy", old ? `This is the copy saved at ${TIME.format(head.made)}. It may have changed.` : "");
  const [kept, all] = (root.dataset.packs ?? (head ? `${head.ids.length}/${head.ids.length}` : "")).split("/");
  bar("count", all && isOpen() && location.pathname === "/today" ? `Visits on this phone: ${kept} of ${all}` : "");
}

// --- the views

function follow(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (!isOpen() || link.origin !== location.origin || link.search || !PAGES.test(link.pathname)) return;
  event.preventDefault();
  go(link.pathname);
}

function go(path) {
  if (!PAGES.test(path) || !isOpen()) return location.assign(path);
  history.replaceState({ y: scrollY }, "");
  history.pushState(null, "", path);
  return draw(path);
}

/** @param {{y?: number, step?: string, isRenewed?: boolean}} [how]  where in the page; renewed: the same page, newer */
async function draw(path, { y = 0, step, isRenewed = false } = {}) {
  const copy = await copyFor(path);
  if (!isOpen() || path !== location.pathname) return;
  // Somebody may have begun to write while the copy was opened.
  if (isRenewed && (isDirty() || isBusy())) return;
  shown = { path, stamp: stampOf(copy) };
  root.dataset.shell = "view";
  document.body.dataset.page = PAGES.exec(path)[2] ? "" : path.slice(1);
  main.replaceChildren(copy.view);
  document.title = `${copy.title} – ${after}`;
  for (const link of document.querySelectorAll(".top a")) {
    if (link.pathname === path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  announce(main);
  await resume(step);
  sayHowOld();
  bar("left", whyLeft(copy, packOf(path)));
  offer(isFree);
  scrollTo(0, y);
  const heading = !isRenewed && main.querySelector("h1");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

function whyLeft(copy, id) {
  if (copy.left) return "This visit is no longer on your round. Call the office before you go on.";
  const isGone = id?.length === 32 && !copy.stamp && head && !head.ids.includes(id);
  return isGone ? "This visit is not on your round. It may have been cancelled, or given to somebody else." : "";
}

async function copyFor(path) {
  if (path === "/outbox") {
    const html = (await readPack("steps"))?.outbox;
    return html ? { title: "Entries on this phone", view: parsed(html) } : own(path);
  }
  const copy = await readPack(packOf(path));
  if (!copy) return own("none", path);
  if (path === "/badge") {
    const { badgeView } = await import("./badge-live.js");
    return { ...copy, title: "My badge", view: badgeView(copy) };
  }
  const view = parsed(copy.html);
  const visit = view.querySelector("[data-steps-here]")?.closest("[data-visit]");
  if (visit) assemble(visit, (await readPack("steps"))?.html ?? "");
  return { ...copy, view };
}

/** A view that needs no copy: it stands in the shell, which a page of the server's asks for. */
async function own(name, path) {
  const find = (page) => page.querySelector(`template[data-view="${name}"]`);
  const template = find(document) ?? find(new DOMParser().parseFromString(await (await fetch("/shell")).text(), "text/html"));
  const view = template.content.cloneNode(true);
  const live = view.querySelector("[data-live]");
  if (live) live.href = `${path}?live`;
  return { title: template.dataset.title, view, stamp: name };
}

/** Goes on from the last step recorded here that the copy does not know of yet; or stays where the person was. */
async function resume(step) {
  const visit = main.querySelector("[data-visit]")?.dataset.visit;
  if (!visit) return;
  const named = (name) => main.querySelector(`[data-step="${CSS.escape(name)}"]`);
  const newer = ({ state, settledAt }) => state === "queued" || settledAt >= (head?.asked ?? 0);
  const items = (await myItems()).filter((item) => item.visit === visit && item.next && newer(item));
  const found = (step && named(step)) || named(items.findLast((item) => named(item.next))?.next ?? "");
  if (found) for (const one of main.querySelectorAll("[data-step]")) one.hidden = one !== found;
}

// --- the lock

function offerPin() {
  const place = document.querySelector("[data-choose-pin]");
  if (!place || root.dataset.lock !== "none" || !globalThis.caches) return;
  if (keepsPages()) place.replaceChildren(chooseView());
}

/** The council may have switched it off. */
function keepsPages() {
  return document.querySelector("meta[name=fv-offline]") !== null;
}

/** Out of the page, not only out of sight. Half-written words are held in this page's memory until it is open again. */
function cover(reason = "") {
  if (!PAGES.test(location.pathname)) return;
  if (!main.querySelector("[data-forgot]")) {
    aside = !isShell() || isDirty() ? { nodes: [...main.childNodes], title: document.title } : null;
  }
  main.replaceChildren(askView(reason, forgot));
  document.title = `Locked – ${after}`;
  showWho(null);
  for (const name of ["copy", "count", "left"]) bar(name, "");
  main.querySelector("h1").focus();
}

async function uncover() {
  drawViewsWith(go);
  head = await packsKept();
  showWho(await readPack("person"));
  const place = document.querySelector("[data-choose-pin]");
  if (place?.children.length) {
    place.replaceChildren();
    main.focus();
  }
  if (aside) putBack();
  else if (isShell()) await draw(location.pathname);
  await refresh();
}

function putBack() {
  const { nodes, title } = aside;
  aside = null;
  main.replaceChildren(...nodes);
  document.title = title;
  // A live badge that was out of the page has stopped for good.
  for (const panel of main.querySelectorAll("[data-live-badge]")) panel.replaceWith(panel.cloneNode());
  announce(main);
}

function showWho(who) {
  for (const line of document.querySelectorAll("[data-who]")) {
    if (who) line.textContent = `${who.name}, ${who.role_label}`;
    else if (isShell()) line.textContent = "";
    line.parentElement.hidden = !who && !line.textContent;
  }
  const office = document.querySelector("[data-office]");
  if (office && who) office.hidden = who.role === "operative";
}

let isForgotten = false;
async function forgot() {
  if (!navigator.onLine) return bar("sign-in", "Signing in needs signal.");
  isForgotten = true;
  return spend();
}

/** What the PIN protected goes, and the sign-in with it; entries stay and are sent. */
async function wipeOut() {
  drawViewsWith(null);
  aside = head = null;
  await dropCopies();
  await (await import("./badge-live.js")).dropBadge(person);
  main.replaceChildren(goneView(isForgotten));
  document.title = `Locked – ${after}`;
  main.querySelector("h1").focus();
  await remember("session-ends", person);
  await endSession({ stay: true });
}

/** Whoever guessed at the PIN may not go on as the person who is signed in. Without signal: as soon as there is some. */
async function endSession({ stay = false } = {}) {
  try {
    const csrf = document.querySelector("meta[name=csrf-token]")?.content ?? (await (await fetch("/packs")).json()).csrf;
    await fetch("/sign-out", { method: "POST", headers: { "X-CSRFToken": csrf }, redirect: "manual" });
    await forget("session-ends");
    if (!stay) location.replace("/sign-in");
  } catch {
    root.dataset.sessionEnds = "later";
  }
}

// --- somebody else's copies, and none

async function forgetTheOther() {
  const { dropBadge } = await import("./badge-live.js");
  await dropBadge(head.person);
  await dropCopies();
  head = null;
}

async function leaveToTheOther() {
  head ??= { person };
  await forgetTheOther();
  location.replace("/today");
}

/** With signal the server's page is better; with none, we say so. */
async function noCopies() {
  const promised = await globalThis.caches?.has("fv-state");
  await dropCopies();
  if (promised) return location.reload();
  const copy = await own(location.pathname === "/outbox" ? "/outbox" : "none", location.pathname);
  main.replaceChildren(copy.view);
  document.title = `${copy.title} – ${after}`;
  announce(main);
  return undefined;
}

function isFree() {
  return !isDirty() && root.dataset.unsent === "0" && /^\/(today|outbox)$/.test(location.pathname);
}
