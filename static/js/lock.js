/**
 * The lock (ruling R11): a PIN of six digits opens the key under which the day's pages are sealed on this phone. The
 * open key is in this page's memory and nowhere else. The fifth wrong PIN takes the pages, never the outbox.
 *
 * `data-lock` on the root: `none` (no PIN yet), `shut`, `open`.
 */

import { forget, recall, remember } from "./outbox-store.js";

// About 0.1 s on a desktop of 2026 and a second on a slow phone. PBKDF2 is what every phone's browser has.
const ROUNDS = 600_000;
const MOST_TRIES = 5;
const HIDDEN_MS = 5 * 60_000;
const text = new TextEncoder();
const root = document.documentElement;

let person = "";
/** @type {?CryptoKey} */
let key = null;
let usedAt = Date.now();
let hiddenAt = 0;
let timer = 0;
const onShut = new Set();
const onOpen = new Set();
const onSpent = new Set();

/** @param {string} who  whose lock this page stands behind */
export async function startLock(who) {
  person = who;
  for (const use of ["pointerdown", "keydown"]) addEventListener(use, () => { usedAt = Date.now(); }, true);
  document.addEventListener("visibilitychange", minded);
  const lock = await recall(slot());
  publish(lock ? "shut" : "none");
  // The fifth try was counted and never came out right: the page was ended in the middle of it.
  if (lock?.tries >= MOST_TRIES) await spend();
}

export function isOpen() {
  return key !== null;
}

/** @returns {?CryptoKey} seals and opens the day's pages */
export function openedKey() {
  return key;
}

/** Since somebody last touched this page. */
export function idleMs() {
  return Date.now() - usedAt;
}

/** @param {(reason: string) => void} fn  the view is to be taken out of the page, now */
export function onLocked(fn) {
  onShut.add(fn);
}

/** @param {() => void} fn */
export function onOpened(fn) {
  onOpen.add(fn);
}

/** @param {() => Promise<void>} fn  takes away what the key protected */
export function onUsedUp(fn) {
  onSpent.add(fn);
}

/** Shuts, and asks for the PIN. @param {string} [reason]  for the screen  @returns {Promise<void>} when it is open */
export function askToUnlock(reason = "") {
  const opened = new Promise((done) => { onOpen.add(function once() { onOpen.delete(once); done(); }); });
  shut(reason);
  return opened;
}

export function shut(reason = "") {
  if (root.dataset.lock === "none") return;
  key = null;
  publish("shut");
  for (const fn of onShut) fn(reason);
}

/** 000000, 123456, 121212: what somebody would try first. */
export function isWeak(pin) {
  const steps = new Set([...pin].slice(1).map((digit, place) => digit - pin[place]));
  return steps.size === 1 || /^(\d{1,3})\1+$/.test(pin);
}

/** A new key under a new PIN. Whatever the old key sealed is not readable any more. */
export async function choosePin(pin) {
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const device = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const inner = await encrypt(await pinKey(pin, salt, ROUNDS), raw);
  await remember(slot(), { salt, rounds: ROUNDS, device, tries: 0, wrapped: await encrypt(device, inner) });
  await open(raw);
}

/** @returns {Promise<{left: number}>} tries left; 0: it is all gone. MOST_TRIES: it is open. */
export async function tryPin(pin) {
  const lock = await recall(slot());
  if (!lock) return { left: 0 };
  // Counted before it is tried: ending the page in the middle of a try gives none back.
  const tries = lock.tries + 1;
  await remember(slot(), { ...lock, tries });
  const raw = await unwrapped(lock, pin).catch(() => null);
  if (raw) {
    await remember(slot(), { ...lock, tries: 0 });
    await open(raw);
    return { left: MOST_TRIES };
  }
  if (tries >= MOST_TRIES) await spend();
  return { left: Math.max(0, MOST_TRIES - tries) };
}

export async function triesLeft() {
  return MOST_TRIES - ((await recall(slot()))?.tries ?? MOST_TRIES);
}

/** The PIN, the key and what it sealed: after five wrong, and when the person says that the PIN is forgotten. */
export async function spend() {
  key = null;
  await forget(slot());
  publish("none");
  for (const fn of onSpent) await fn();
}

async function unwrapped({ device, wrapped, salt, rounds }, pin) {
  const inner = await decrypt(device, wrapped);
  return decrypt(await pinKey(pin, salt, rounds), inner);
}

async function open(raw) {
  key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  raw.fill(0);
  usedAt = Date.now();
  publish("open");
  for (const fn of [...onOpen]) fn();
}

async function pinKey(pin, salt, iterations) {
  const typed = await crypto.subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** @returns {Promise<Uint8Array>} twelve bytes of nonce, then the ciphertext */
export async function encrypt(by, bytes, additionalData = new Uint8Array()) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const locked = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, by, bytes);
  const whole = new Uint8Array(12 + locked.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(locked), 12);
  return whole;
}

export async function decrypt(by, whole, additionalData = new Uint8Array()) {
  const how = { name: "AES-GCM", iv: whole.subarray(0, 12), additionalData };
  return new Uint8Array(await crypto.subtle.decrypt(how, by, whole.subarray(12)));
}

/** Five minutes out of sight. The timer may sleep with the page: the clock is asked again when it is back in sight. */
function minded() {
  clearTimeout(timer);
  if (document.visibilityState === "hidden") {
    hiddenAt = Date.now();
    timer = setTimeout(shut, HIDDEN_MS);
  } else if (hiddenAt) {
    const away = Date.now() - hiddenAt;
    hiddenAt = 0;
    if (away < 0 || away >= HIDDEN_MS) shut();  // before zero: the clock was set back meanwhile
  }
}

function publish(state) {
  root.dataset.lock = state;
}

function slot() {
  return `lock:${person}`;
}
