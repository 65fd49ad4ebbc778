/**
 * This phone, as the council's server knows it: one device id for this storage, and for each person who signed in
 * here a grant with its own signing key. A grant may add entries and do nothing else, and outlives the sign-in.
 */

import { newSigningKey } from "./envelope.js";
import { forget, recall, remember, rememberOnce } from "./outbox-store.js";
import { ask } from "./outbox-send.js";

// Somebody may be standing at a door behind this request.
const PATIENCE_MS = 10_000;

/** @typedef {{grant: string, person: string, privateKey: CryptoKey, serverJwk: JsonWebKey, epoch: unknown,
 *             doubted?: boolean}} Grant */

export function deviceId() {
  return rememberOnce("device", crypto.randomUUID());
}

/** @returns {Promise<Grant|undefined>} */
export function grantOf(person) {
  return recall(`grant:${person}`);
}

/** A grant is asked for anew when the server was restored from a backup or no longer knows this phone's signature. */
export async function isLive(grant) {
  if (!grant || grant.doubted) return false;
  const epoch = await recall("epoch");
  return epoch === undefined || epoch === grant.epoch;
}

/** The server could not use this person's grant: ask for another at the next chance; until then keep the old one. */
export async function doubt(person, grantId) {
  const grant = await grantOf(person);
  if (grant?.grant === grantId) await remember(`grant:${person}`, { ...grant, doubted: true });
}

/**
 * Enrols this phone for the person who is signed in. Needs the network and the session.
 *
 * @returns {Promise<?import("./outbox-send.js").Answered>} null when there was no usable answer
 */
export async function enrol(person, csrf) {
  // The key is kept before it is sent: when the answer is lost, the next try offers the same key.
  const { privateKey, publicJwk } = await rememberOnce(`enrolling:${person}`, await newSigningKey());
  const message = { device: await deviceId(), public_jwk: publicJwk, label: whatIsThis() };
  const outcome = await ask("/devices", message, {
    headers: { "X-CSRFToken": csrf }, credentials: "same-origin", patienceMs: PATIENCE_MS,
  });
  const answer = outcome.answer;
  if (!answer?.grant || !answer.server_jwk) return null;
  const grant = { grant: answer.grant, person, privateKey, serverJwk: answer.server_jwk, epoch: answer.epoch };
  await remember(`grant:${person}`, grant);
  await forget(`enrolling:${person}`);
  // Safari and Chrome decide for themselves; asking costs nothing and shows the worker nothing.
  navigator.storage?.persist?.().catch(() => false);
  return outcome;
}

function whatIsThis() {
  const agent = navigator.userAgent;
  if (/iPhone/.test(agent)) return "iPhone";
  if (/iPad/.test(agent)) return "iPad";
  if (/Android/.test(agent)) return "Android phone";
  return "Computer";
}
