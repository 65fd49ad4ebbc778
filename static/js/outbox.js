/**
 * The phone's outbox: record() keeps a fact, with its photos, on this phone; then it is sent. Every fact takes this
 * road, with signal or without. The phone records and shows what waits; the server decides.
 */

import { enrol, grantOf, isLive } from "./device.js";
import { seal, sealBlob, sign } from "./envelope.js";
import { drain, sendAs } from "./outbox-drain.js";
import { alone, hear, isVisible, takeTurns, tellEveryone } from "./outbox-line.js";
import { stripped } from "./outbox-state.js";
import { addItem, allItems, amendItems, nextSeq, openStore, recall } from "./outbox-store.js";

export { drain, drainAll } from "./outbox-drain.js";
export { hear, trouble, watch } from "./outbox-line.js";

const MOST_TRIES = 50;
const TICK_MS = 20_000;
const FULL = "NOT saved. This phone is full. Delete something from it, then press again, or call the office.";
const WIPED = "NOT saved. This phone’s storage was cleared. Sign in again, then press again, or call the office.";
const NOT_READY = "NOT saved. This phone is not ready yet. Find signal, then press again.";

/** @type {{person: string, app: string, csrf: string}} */
let page = { person: "", app: "", csrf: "" };
let hadGrant = false;

/** The fact is not on this phone's disk. Its message is for the screen. */
export class NotSaved extends Error {
  /** @param {boolean} [isFull]  something smaller may still find room */
  constructor(message, isFull = false) {
    super(message);
    this.isFull = isFull;
  }
}

/**
 * Opens this phone's disk; rejects when it cannot keep anything.
 *
 * @param {{person: string, app: string, csrf: string}} who  person is empty when nobody is signed in
 */
export async function begin(who) {
  isFor(who);
  await openStore();
  takeTurns(drain);
  for (const hint of ["online", "pageshow"]) addEventListener(hint, wake);
  document.addEventListener("visibilitychange", wake);
  setInterval(wake, TICK_MS);
}

/** Who records from now on: a page that this phone draws itself learns it after it has begun. */
export function isFor(who) {
  page = { ...page, ...who };
  sendAs(page.app);
}

/** Any sign that things may go now. The signs are only hints: with a dead server no `online` event ever comes. */
export async function wake() {
  if (!isVisible()) return;
  drain();
  if (page.person && !(await isLive(await grantOf(page.person)))) {
    await enrolNow();
    tellEveryone();
  }
}

/** Does this phone hold a grant for the person signed in? With nobody signed in there is nothing to keep. */
export async function isReady() {
  hadGrant ||= Boolean(page.person && (await grantOf(page.person)));
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
  if (!grant) throw new NotSaved(hadGrant ? WIPED : NOT_READY);
  return grant;
}

/**
 * Seals, signs and keeps one fact. Resolves when it is on the disk with all its photos, and not before; then the
 * sending begins.
 *
 * @param {{uuid: string, kind: string, kv: number, visit: ?string, body: object, label: string, next: ?string,
 *   proof?: string}} fact  proof: what a receipt for it must name
 * @param {{what: "photo"|"signature", type: string, bytes: ArrayBuffer}[]} [attached]
 * @returns {Promise<import("./outbox-store.js").Item>}
 */
export async function record(fact, attached = []) {
  const moment = { wall: new Date().toISOString(), mono_ms: Math.round(performance.now()) };
  const grant = await grantToSignWith();
  const locked = await Promise.all(attached.map(sealBlob));
  const item = await sealed(fact, grant, moment, locked.map(({ told }) => told));
  item.blobs = locked.map(({ told }, place) => kept(told, attached[place].what));
  const saved = await keep(item, locked.map(({ told, data }) => ({ id: told.id, data })), grant.privateKey);
  await tellEveryone();
  drain();
  return saved;
}

function kept({ id, csize }, what) {
  return { id, what, csize, sent: 0, done: false, why: null, tries: 0, notBefore: 0 };
}

async function sealed(fact, grant, { wall, mono_ms }, blobs) {
  const { uuid, visit, kind, kv, body } = fact;
  const offset_ms = (await recall("offset_ms")) ?? null;
  // Minutes ahead of UTC: 60 in British Summer Time.
  const tz_min = -new Date(wall).getTimezoneOffset();
  const event = { v: 1, uuid, grant: grant.grant, visit, kind, kv, body, wall, offset_ms, mono_ms, tz_min,
    app: page.app, blobs };
  return {
    uuid, visit, kind, wall, person: page.person, grant: grant.grant, label: fact.label, next: fact.next, proof: fact.proof,
    jwe: await seal(event, grant.serverJwk), state: "queued", why: null, code: null, message: null, serverSeq: null,
    tries: 0, notBefore: 0,
  };
}

/** WebCrypto cannot be awaited inside a transaction: sign with the number we expect, again if another tab took it. */
async function keep(item, bytes, privateKey) {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const seq = await nextSeq();
    const sig = await sign({ grant: item.grant, uuid: item.uuid, seq, jwe: item.jwe }, privateKey);
    const { saved } = await withRoom(() => addItem({ seq, ...item, sig }, bytes));
    if (saved) return saved;
  }
  throw new Error("the sequence number was taken each time");
}

/** On a full disk the second copies of what the office has make room, once. */
async function withRoom(add) {
  try {
    return await add();
  } catch (error) {
    if (error?.name !== "QuotaExceededError") throw error;
    await amendItems(stripped);
  }
  try {
    return await add();
  } catch (error) {
    throw error?.name === "QuotaExceededError" ? new NotSaved(FULL, true) : error;
  }
}

/** The items of the person signed in; when nobody is, all of them. A shared phone shows nobody another's entries. */
export async function myItems() {
  const items = await allItems();
  return page.person ? items.filter((item) => item.person === page.person) : items;
}
