/**
 * Sends the events that wait, oldest first, whoever recorded them, and after them the photos. What the office could not
 * take stays and lets the others pass; nothing leaves this phone before the office has it.
 */

import { deviceId, doubt } from "./device.js";
import { backOff, hear, isPaused, lineIsGood, oneSender, pause, tellEveryone } from "./outbox-line.js";
import { sendPhotos } from "./outbox-photos.js";
import { ask } from "./outbox-send.js";
import { isUnsent, later, lettingGo, marked, settled, wasTaken } from "./outbox-state.js";
import { allItems, amendItems, nextSeq, recall } from "./outbox-store.js";

const MOST_EVENTS = 25;
const MOST_CHARACTERS = 200_000;
const HEARTBEAT_MS = 900_000;
const NEW_GRANT_CODES = new Set(["bad-signature", "after-revoke"]);

let app = "";
let sending = null;
let photos = null;
let askedMeanwhile = false;

/** @param {string} version  of this page's scripts, told to the office with each batch */
export function sendAs(version) {
  app = version;
}

/**
 * @param {{tapped?: boolean}} [by]  a tap tries items that came back at once; it never shortens the office's own wait
 * @returns {Promise<void>} when the events have had their turn
 */
export function drain({ tapped = false } = {}) {
  askedMeanwhile = Boolean(sending);
  sending ??= oneSender("fv-drain", () => sendWaiting(tapped)).catch(noteFault).then((isClear) => {
    sending = null;
    if (askedMeanwhile) drain();
    else if (isClear) drainPhotos(tapped);
  });
  return sending;
}

/** @returns {Promise<void>} when the events and then the photos have had their turn */
export async function drainAll() {
  await drain({ tapped: true });
  await photos;
}

function drainPhotos(tapped) {
  photos ??= sendPhotos(tapped, async () => { await sending; }).catch(noteFault).then(() => {
    photos = null;
  });
}

function noteFault(error) {
  console.error("outbox: sending stopped", error);
  backOff();
}

/** @returns {Promise<boolean>} is the line clear for photos? */
async function sendWaiting(tapped) {
  if (await isPaused()) return false;
  const passed = new Set();
  let size = MOST_EVENTS;
  for (;;) {
    const batch = nextBatch(await waiting(passed, tapped), size);
    if (!batch.length && (passed.size || !(await isTimeToAsk()))) return true;
    const asked = Date.now();
    const outcome = await ask("/events", await messageOf(batch));
    if (outcome.kind === "answered" && Array.isArray(outcome.answer.results)) {
      await settle(batch, outcome, asked);
      if (!batch.length) passed.add(0);
      batch.forEach((item) => passed.add(item.seq));
      size = Math.min(size * 2, MOST_EVENTS);
    } else if (outcome.kind === "split" && batch.length > 1) {
      size = Math.ceil(batch.length / 2);
    } else if (outcome.kind === "split" && batch.length) {
      await setAside(batch[0], outcome.why);
      passed.add(batch[0].seq);
    } else {
      await pause(outcome);
      return false;
    }
  }
}

/** Nothing waits, but something sent is in no backup yet: ask now and then, for the office may have been restored. */
async function isTimeToAsk() {
  const since = Date.now() - ((await recall("heard_at")) ?? 0);
  const recently = since >= 0 && since < HEARTBEAT_MS;
  return !recently && (await allItems()).some((item) => item.jwe && !isUnsent(item));
}

/** What waits and has not had its turn in this round. An item that came back lets the others pass. */
async function waiting(passed, tapped) {
  const now = Date.now();
  const due = (item) => tapped || item.notBefore <= now;
  return (await allItems()).filter((item) => isUnsent(item) && !passed.has(item.seq) && due(item));
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

export function onTheWire({ grant, uuid, seq, jwe, sig }) {
  return { grant, uuid, seq, jwe, sig };
}

async function messageOf(batch) {
  return {
    proto: 1, device: await deviceId(), app, sent_at: new Date().toISOString(),
    queued: (await allItems()).filter(isUnsent).length, last_seq: (await nextSeq()) - 1,
    events: batch.map(onTheWire),
  };
}

async function settle(batch, outcome, asked) {
  const now = Date.now();
  await hear(outcome);
  await lineIsGood();
  const results = new Map(outcome.answer.results.filter(Boolean).map((result) => [result.uuid, result]));
  const seqs = batch.map((item) => item.seq);
  if (seqs.length) await amendItems((item) => settled(item, results.get(item.uuid), now), seqs);
  for (const { person, grant, uuid } of batch) {
    if (NEW_GRANT_CODES.has(results.get(uuid)?.code)) await doubt(person, grant);
  }
  await markCover([...results.values()], asked);
  const change = lettingGo(await allItems(), outcome.answer.durable_up_to, now);
  await amendItems(change);
  const delivered = batch.filter((item) => wasTaken(results.get(item.uuid)?.status)).length;
  tellEveryone({ delivered });
}

async function markCover(results, asked) {
  const fresh = results.filter((result) => result.status === "accepted" && Number.isFinite(result.server_seq));
  if (!fresh.length) return;
  const seq = Math.min(...fresh.map((result) => result.server_seq));
  await amendItems((item) => marked(item, seq, asked));
}

async function setAside({ seq }, why) {
  const now = Date.now();
  await amendItems((item) => ({ ...later(item, now), why }), [seq]);
  tellEveryone();
}
