/**
 * The phone's outbox: record() keeps a fact on this phone, drain() sends what waits. Every fact takes this road, with
 * signal or without. The phone records and shows what waits; the server decides.
 */

import { deviceId, doubt, enrol, grantOf, isLive } from "./device.js";
import { seal, sign } from "./envelope.js";
import { addItem, allItems, amendItems, nextSeq, openStore, recall, remember } from "./outbox-store.js";
import { ask } from "./outbox-send.js";

const MOST_EVENTS = 25;
const MOST_CHARACTERS = 200_000;
const MOST_TRIES = 50;
const TICK_MS = 20_000;
const CAP_VISIBLE_MS = 20_000;
const CAP_HIDDEN_MS = 300_000;
const LOCK_AGAIN_MS = 1_500;
const LOCK_STEAL_MS = 45_000;
const KEEP_MS = 14 * 86_400_000;
const LONGEST_PAUSE_MS = 3_600_000;
const HELD_CODES = new Set([
  "unreadable", "unknown-visit", "not-yours", "after-revoke", "after-cancel", "conflict", "reaction-failed",
]);
const NEW_GRANT_CODES = new Set(["bad-signature", "after-revoke"]);

/** @type {{person: string, app: string, csrf: string}} */
let page = { person: "", app: "", csrf: "" };
let failures = 0;
let timer = 0;
let sending = null;
let askedMeanwhile = false;
let lockRefusedSince = 0;
const watchers = new Set();
const otherTabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("fv-outbox");

/** The fact is not on this phone's disk. Its message is for the screen. */
export class NotSaved extends Error {}

/**
 * Opens this phone's disk; rejects when it cannot keep anything.
 *
 * @param {{person: string, app: string, csrf: string}} who  person is empty when nobody is signed in
 */
export async function begin(who) {
  page = who;
  await openStore();
  otherTabs?.addEventListener("message", (event) => tellWatchers(event.data));
  for (const hint of ["online", "pageshow"]) addEventListener(hint, wake);
  document.addEventListener("visibilitychange", wake);
  setInterval(wake, TICK_MS);
}

/** Any sign that things may go now. The signs are only hints: with a dead server no `online` event ever comes. */
export async function wake() {
  if (!isVisible()) return;
  drain();
  if (page.person && !(await isLive(await grantOf(page.person)))) {
    await enrolNow();
    tellWatchers({ delivered: 0 });
  }
}

/** @param {(news: {delivered: number}) => void} watcher  called when an item was added, sent, held or came back */
export function watch(watcher) {
  watchers.add(watcher);
}

/** Does this phone hold a grant for the person signed in? With nobody signed in there is nothing to keep. */
export async function isReady() {
  return !page.person || Boolean(await grantOf(page.person));
}

function enrolNow() {
  return alone("fv-enrol", async () => {
    if (await isLive(await grantOf(page.person))) return;
    const outcome = await enrol(page.person, page.csrf);
    if (outcome) await hear(outcome);
  });
}

/** A grant that the server doubts is still better than no entry: what it signs is kept here and not lost. */
async function grantToSignWith() {
  if (!page.person) throw new NotSaved("NOT saved. Sign in first.");
  if (!(await isReady())) await enrolNow();
  const grant = await grantOf(page.person);
  if (!grant) throw new NotSaved("NOT saved. This phone is not ready yet. Find signal, then press again.");
  return grant;
}

/**
 * Seals, signs and keeps one fact. Resolves when it is on the disk, and not before; then the sending begins.
 *
 * @param {{uuid: string, kind: string, kv: number, visit: ?string, body: object, label: string, next: ?string}} fact
 * @returns {Promise<import("./outbox-store.js").Item>}
 */
export async function record(fact) {
  const moment = { wall: new Date().toISOString(), mono_ms: Math.round(performance.now()) };
  const grant = await grantToSignWith();
  const item = await keep(await sealed(fact, grant, moment), grant.privateKey);
  await tellEveryone({ delivered: 0 });
  drain();
  return item;
}

async function sealed(fact, grant, { wall, mono_ms }) {
  const { uuid, visit, kind, kv, body } = fact;
  const offset_ms = (await recall("offset_ms")) ?? null;
  // Minutes ahead of UTC: 60 in British Summer Time.
  const tz_min = -new Date(wall).getTimezoneOffset();
  const event = { v: 1, uuid, grant: grant.grant, visit, kind, kv, body, wall, offset_ms, mono_ms, tz_min,
    app: page.app, blobs: [] };
  return {
    uuid, visit, kind, wall, person: page.person, grant: grant.grant, label: fact.label, next: fact.next,
    jwe: await seal(event, grant.serverJwk), state: "queued", why: null, code: null, message: null, serverSeq: null,
    tries: 0, notBefore: 0,
  };
}

/** WebCrypto cannot be awaited inside a transaction: sign with the number we expect, again if another tab took it. */
async function keep(item, privateKey) {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const seq = await nextSeq();
    const sig = await sign({ grant: item.grant, uuid: item.uuid, seq, jwe: item.jwe }, privateKey);
    const { saved } = await addItem({ seq, ...item, sig });
    if (saved) return saved;
  }
  throw new Error("the sequence number was taken each time");
}

/** The items of the person signed in; when nobody is, all of them. A shared phone shows nobody another's entries. */
export async function myItems() {
  const items = await allItems();
  return page.person ? items.filter((item) => item.person === page.person) : items;
}

/** Why nothing goes at the moment, when the office's computer said so; otherwise null. */
export async function trouble() {
  return (await recall("trouble")) ?? null;
}

/**
 * Sends what waits, oldest first, whoever recorded it. One sender at a time, over all tabs; two would be harmless.
 *
 * @param {{tapped?: boolean}} [by]  a tap tries items that came back at once; it never shortens the office's own wait
 */
export function drain({ tapped = false } = {}) {
  askedMeanwhile = Boolean(sending);
  sending ??= oneSender(() => sendWaiting(tapped)).catch(noteFault).finally(() => {
    sending = null;
    if (askedMeanwhile) drain();
  });
  return sending;
}

function noteFault(error) {
  console.error("outbox: sending stopped", error);
  backOff();
}

async function sendWaiting(tapped) {
  if (await isPaused()) return;
  const passed = new Set();
  let size = MOST_EVENTS;
  for (;;) {
    const batch = nextBatch(await waiting(passed, tapped), size);
    if (!batch.length) return;
    const outcome = await ask("/events", await messageOf(batch));
    if (outcome.kind === "answered" && Array.isArray(outcome.answer.results)) {
      await settle(batch, outcome);
      batch.forEach((item) => passed.add(item.seq));
      size = Math.min(size * 2, MOST_EVENTS);
    } else if (outcome.kind === "split" && batch.length > 1) {
      size = Math.ceil(batch.length / 2);
    } else if (outcome.kind === "split") {
      await setAside(batch[0], outcome.why);
      passed.add(batch[0].seq);
    } else {
      await pause(outcome);
      return;
    }
  }
}

/** What waits and has not had its turn in this round. An item that came back lets the others pass. */
async function waiting(passed, tapped) {
  const now = Date.now();
  const due = (item) => tapped || item.notBefore <= now;
  return (await allItems()).filter((item) => item.state === "queued" && !passed.has(item.seq) && due(item));
}

function nextBatch(items, size) {
  const batch = [];
  let room = MOST_CHARACTERS;
  for (const item of items.slice(0, size)) {
    room -= JSON.stringify(onTheWire(item)).length + 1;
    if (batch.length && room < 0) break;
    batch.push(item);
  }
  return batch;
}

function onTheWire({ grant, uuid, seq, jwe, sig }) {
  return { grant, uuid, seq, jwe, sig };
}

async function messageOf(batch) {
  const items = await allItems();
  return {
    proto: 1, device: await deviceId(), app: page.app, sent_at: new Date().toISOString(),
    queued: items.filter((item) => item.state === "queued").length, last_seq: (await nextSeq()) - 1,
    events: batch.map(onTheWire),
  };
}

async function settle(batch, outcome) {
  const now = Date.now();
  await hear(outcome);
  failures = 0;
  await remember("trouble", null);
  const results = new Map(outcome.answer.results.filter(Boolean).map((result) => [result.uuid, result]));
  await amendItems((item) => settled(item, results.get(item.uuid), now), batch.map((item) => item.seq));
  for (const { person, grant, uuid } of batch) {
    if (NEW_GRANT_CODES.has(results.get(uuid)?.code)) await doubt(person, grant);
  }
  await letGo(outcome.answer.durable_up_to, now);
  const delivered = batch.filter((item) => isDelivered(results.get(item.uuid)?.status)).length;
  tellEveryone({ delivered });
}

function isDelivered(status) {
  return status === "accepted" || status === "duplicate" || status === "held";
}

function settled(item, result, now) {
  if (!result) return null;
  const { status, code = null, message = null, server_seq: serverSeq = null } = result;
  if (isDelivered(status)) {
    // A duplicate of something held: its first answer was lost on the way.
    const held = status === "held" || (status === "duplicate" && HELD_CODES.has(code));
    return { state: held ? "held" : "sent", why: null, code, message, serverSeq, settledAt: now };
  }
  return { ...later(item, now), code, why: whyNot(code, message) };
}

function whyNot(code, message) {
  if (code === "bad-signature") return "the office cannot check this phone’s signature. Call the office.";
  return message ?? "the office’s computer asked us to try again. It will go by itself.";
}

function later(item, now) {
  const wait = Math.min(CAP_HIDDEN_MS, TICK_MS * 2 ** item.tries);
  return { tries: item.tries + 1, notBefore: now + wait };
}

async function setAside({ seq }, why) {
  const now = Date.now();
  await amendItems((item) => ({ ...later(item, now), why }), [seq]);
  tellEveryone({ delivered: 0 });
}

/** Every answer carries the server's clock and its epoch. A new epoch is a restore: offer again what it may lack. */
async function hear({ answer, offsetMs }) {
  if (offsetMs !== null) await remember("offset_ms", offsetMs);
  if (answer.durable_up_to !== undefined) await remember("durable_up_to", answer.durable_up_to);
  if (answer.epoch === undefined) return;
  const before = await recall("epoch");
  await remember("epoch", answer.epoch);
  if (before !== undefined && before !== answer.epoch) await offerAgain((await recall("durable_up_to")) ?? null);
}

async function offerAgain(durable) {
  await amendItems((item) => {
    const gone = item.state === "queued" || !item.jwe || isCovered(item, durable);
    return gone ? null : { state: "queued", tries: 0, notBefore: 0 };
  });
}

function isCovered(item, durable) {
  return durable !== null && durable !== undefined && item.serverSeq !== null && item.serverSeq <= durable;
}

/** Sealed bytes stay until the server has them in a verified backup, or for 14 days; the line in the list as long. */
async function letGo(durable, now) {
  await amendItems((item) => {
    if (item.state === "queued") return null;
    if (now - (item.settledAt ?? now) > KEEP_MS) return "remove";
    return item.jwe && isCovered(item, durable) ? { jwe: null, sig: null } : null;
  });
}

async function isPaused() {
  const left = ((await recall("pause_until")) ?? 0) - Date.now();
  // Longer than any pause that we keep: the phone's clock was set back.
  if (left <= 0 || left > LONGEST_PAUSE_MS) return false;
  again(left);
  return true;
}

async function pause(outcome) {
  await remember("trouble", outcome.why ?? null);
  if (outcome.waitMs) {
    await remember("pause_until", Date.now() + outcome.waitMs);
    again(outcome.waitMs);
  } else {
    backOff();
  }
  tellEveryone({ delivered: 0 });
}

function backOff() {
  const most = Math.min(isVisible() ? CAP_VISIBLE_MS : CAP_HIDDEN_MS, 1000 * 2 ** failures);
  failures += 1;
  again(most * (0.5 + Math.random() / 2));
}

function again(ms) {
  clearTimeout(timer);
  timer = setTimeout(() => drain(), ms);
}

function isVisible() {
  return document.visibilityState === "visible";
}

function alone(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

async function oneSender(work) {
  if (!navigator.locks) return work();
  // WebKit has kept the locks of suspended pages: after a while take it from them.
  const steal = lockRefusedSince > 0 && performance.now() - lockRefusedSince > LOCK_STEAL_MS;
  const how = steal ? { steal: true } : { ifAvailable: true };
  return navigator.locks.request("fv-drain", how, (lock) => {
    if (lock) {
      lockRefusedSince = 0;
      return work();
    }
    lockRefusedSince ||= performance.now();
    again(LOCK_AGAIN_MS);
  });
}

function tellEveryone(news) {
  otherTabs?.postMessage(news);
  return tellWatchers(news);
}

function tellWatchers(news) {
  return Promise.allSettled([...watchers].map((watcher) => watcher(news)));
}
