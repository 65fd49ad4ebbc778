/**
 * What can be told of an item by looking at it. Pure.
 *
 * @typedef {import("./outbox-store.js").Item} Item
 */

const MB = 1_000_000;
const KEEP_MS = 14 * 86_400_000;
const MOST_PHOTO_BYTES = 100 * MB;
const FIRST_WAIT_MS = 20_000;
const LONGEST_WAIT_MS = 300_000;
const HELD_CODES = new Set([
  "unreadable", "unknown-visit", "not-yours", "after-revoke", "after-cancel", "conflict", "reaction-failed",
]);

/** The pieces beside the text, photos and signatures, that the office does not have in full. */
export function toGo(item) {
  return (item.blobs ?? []).filter((blob) => !blob.done);
}

export function photosToGo(items) {
  return items.flatMap(toGo).filter((blob) => blob.what === "photo").length;
}

export function isUnsent(item) {
  return item.state === "queued";
}

/** Is anything of it still only on this phone? */
export function isUndelivered(item) {
  return isUnsent(item) || toGo(item).length > 0;
}

export function wasTaken(status) {
  return status === "accepted" || status === "duplicate" || status === "held";
}

/** An item, or a photo, that came back waits its turn, longer each time, and lets the others pass. */
export function later({ tries }, now) {
  return { tries: tries + 1, notBefore: now + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) };
}

/** @returns {?Partial<Item>} what the office's answer to this item changes */
export function settled(item, result, now) {
  if (!result) return null;
  const { status, code = null, message = null, server_seq: serverSeq = null } = result;
  if (!wasTaken(status)) return { ...later(item, now), code, why: whyNot(code, message) };
  // A duplicate of something held: its first answer was lost on the way.
  const held = status === "held" || (status === "duplicate" && HELD_CODES.has(code));
  const blobs = withMissing(item.blobs ?? [], result.attachments_missing ?? []);
  return { state: held ? "held" : "sent", why: null, code, message, serverSeq, settledAt: now, blobs, coverSeq: null };
}

/** What was never offered is not there, whatever the answer leaves out; what went from this disk cannot go again. */
function withMissing(blobs, missing) {
  return blobs.map((blob) => {
    if (blob.gone) return blob;
    const done = !missing.includes(blob.id) && (blob.done || blob.sent > 0);
    return { ...blob, done, sent: blob.done && !done ? 0 : blob.sent };
  });
}

function whyNot(code, message) {
  if (code === "bad-signature") return "the office cannot check this phone’s signature. Call the office.";
  return message ?? "the office’s computer asked us to try again. It will go by itself.";
}

/**
 * Is all of it inside a verified backup? A photo may arrive long after its event: it is in every backup that holds an
 * event which the server numbered after the photo was there (`coverSeq`).
 */
export function isCovered(item, durable) {
  const seq = item.blobs?.length ? item.coverSeq : item.serverSeq;
  return Number.isFinite(durable) && Number.isFinite(seq) && seq <= durable;
}

/** After a restore: what the backup may lack is offered again. */
export function offeredAgain(durable) {
  return (item) => {
    const stays = isUnsent(item) || !item.jwe || isCovered(item, durable);
    return stays ? null : { state: "queued", tries: 0, notBefore: 0 };
  };
}

/** Items with photos that were all there before `asked` are covered once event number `seq` is. */
export function marked(item, seq, asked) {
  const waits = item.blobs?.length && !isUndelivered(item) && !item.coverSeq && (item.doneAt ?? 0) <= asked;
  return waits ? { coverSeq: seq } : null;
}

/**
 * Delivered items keep their sealed bytes until a verified backup covers them, or for 14 days, or, the photos, until
 * 100 MB are kept: then the oldest delivered ones go first. What is not delivered always stays.
 *
 * @returns {(item: Item) => ?Partial<Item>|"remove"}  to be asked of all items, oldest first
 */
export function lettingGo(items, durable, now) {
  let over = items.reduce((sum, item) => sum + weight(item), 0) - MOST_PHOTO_BYTES;
  return (item) => {
    if (isUndelivered(item)) return null;
    if (now - (item.settledAt ?? now) > KEEP_MS) return "remove";
    if (item.jwe && isCovered(item, durable)) return { jwe: null, sig: null, blobs: withoutBytes(item) };
    if (over <= 0 || !weight(item)) return null;
    over -= weight(item);
    return { blobs: withoutBytes(item) };
  };
}

/** The disk is full: something new matters more than a second copy of what the office has. */
export function stripped(item) {
  return isUndelivered(item) || !item.jwe ? null : { jwe: null, sig: null, blobs: withoutBytes(item) };
}

function weight(item) {
  return (item.blobs ?? []).reduce((sum, blob) => sum + (blob.gone ? 0 : blob.csize), 0);
}

function withoutBytes(item) {
  return (item.blobs ?? []).map((blob) => ({ ...blob, gone: true }));
}
