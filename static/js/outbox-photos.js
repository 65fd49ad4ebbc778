/**
 * Sends photos and signatures after the events, oldest first, in pieces that go on where they stopped. Apart from the
 * events' sending: a photo on a thin line never keeps an event waiting, and one photo never keeps another.
 */

import { doubt, grantOf } from "./device.js";
import { signPiece } from "./envelope.js";
import { hear, isPaused, lineIsGood, oneSender, pause, tellEveryone } from "./outbox-line.js";
import { put } from "./outbox-send.js";
import { later, toGo } from "./outbox-state.js";
import { allItems, amendItems, bytesOf } from "./outbox-store.js";

const PIECE_BYTES = 256 * 1024;
const NO_SIGNAL_MS = 20_000;
const WHY = {
  401: "the office cannot check this phone’s signature. Call the office.",
  403: "the office cannot check this phone’s signature. Call the office.",
  413: "it is too big to send. Call the office.",
};
const LOST = "this phone no longer has it. Call the office.";
const STUCK = "the office could not take it whole. It goes again by itself.";

/**
 * @param {boolean} tapped  try also what was set aside
 * @param {() => Promise<unknown>} eventsFirst  resolves when no event is being sent
 */
export async function sendPhotos(tapped, eventsFirst) {
  const passed = new Set();
  for (;;) {
    await eventsFirst();
    if (await isPaused()) return;
    const next = await oldestDue(passed, tapped);
    if (!next) return;
    passed.add(next.blob.id);
    if ((await oneSender("fv-photos", () => sendOne(next.item, next.blob, eventsFirst))) !== true) return;
  }
}

async function oldestDue(passed, tapped) {
  const now = Date.now();
  for (const item of await allItems()) {
    if (item.state === "queued") continue;
    const blob = toGo(item).find((one) => !passed.has(one.id) && (tapped || one.notBefore <= now));
    if (blob) return { item, blob };
  }
  return null;
}

/** @returns {Promise<boolean>} may the next one go now? */
async function sendOne(item, { id, csize, sent, tries }, eventsFirst) {
  const data = await bytesOf(id);
  const grant = await grantOf(item.person);
  if (!data || !grant) return setAside(item, id, { tries, why: data ? WHY[401] : LOST });
  let [offset, stuck] = [sent, 0];
  for (let left = 4 + 2 * Math.ceil(csize / PIECE_BYTES); left && stuck < 2; left -= 1) {
    const outcome = await sendPiece(id, data, Math.min(offset, csize), grant);
    if (outcome.kind !== "answered") return met(outcome, item, id, tries);
    await hear(outcome);
    await lineIsGood();
    const { received = offset, complete = received >= csize } = outcome.answer;
    if (complete) return finished(item, id, csize);
    stuck = received > offset ? 0 : stuck + 1;
    offset = received;
    await change(item, id, { sent: offset, why: null });
    await eventsFirst();
    if (await isPaused()) return false;
  }
  return setAside(item, id, { tries, why: STUCK, sent: 0 });
}

async function sendPiece(id, data, offset, { grant, privateKey }) {
  const piece = data.slice(offset, offset + PIECE_BYTES);
  const sig = await signPiece({ grant, id, offset, piece }, privateKey);
  const path = `/attachments/${id}?offset=${offset}&total=${data.byteLength}`;
  return put(path, piece, { "Content-Type": "application/octet-stream", "X-FieldVisit-Piece": `${grant} ${sig}` });
}

async function met(outcome, item, id, tries) {
  if (outcome.kind === "unknown") {
    // The office does not know its event, so the event goes again, first.
    if (item.jwe) await amendItems(() => ({ state: "queued", notBefore: 0 }), [item.seq]);
    return setAside(item, id, { tries, why: null });
  }
  if (outcome.kind === "split") {
    // Another grant may help once or twice; a new one each time would only fill the office's list of phones.
    if (WHY[outcome.status] === WHY[401] && tries < 2) await doubt(item.person, (await grantOf(item.person)).grant);
    return setAside(item, id, { tries, why: WHY[outcome.status] ?? outcome.why });
  }
  // The line failed, or the office: another photo has the next turn, in case it is this one that does not get through.
  const noLine = outcome.kind === "no-answer";
  await change(item, id, noLine ? { notBefore: Date.now() + NO_SIGNAL_MS } : later({ tries }, Date.now()));
  await pause(outcome);
  return false;
}

async function setAside(item, id, { tries, ...told }) {
  await change(item, id, { ...later({ tries }, Date.now()), ...told });
  tellEveryone();
  return true;
}

async function finished(item, id, csize) {
  await change(item, id, { done: true, sent: csize, why: null }, { doneAt: Date.now() });
  tellEveryone();
  return true;
}

function change({ seq }, id, news, alsoItem = {}) {
  return amendItems((item) => ({
    ...alsoItem, blobs: item.blobs.map((blob) => (blob.id === id ? { ...blob, ...news } : blob)),
  }), [seq]);
}
