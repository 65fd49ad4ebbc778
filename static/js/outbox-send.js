/**
 * One request of the outbox, and what its answer means. A 200 is believed only when it is ours: a Wi-Fi sign-in page
 * answers 200 too.
 *
 * @typedef {{kind: "answered", answer: object, offsetMs: ?number}} Answered
 * @typedef {{kind: "no-answer"}} NoAnswer       no signal, or somebody else's answer: try again by and by
 * @typedef {{kind: "split", why: string, status: number}} Split the request was refused: the fault may lie in one item
 * @typedef {{kind: "unknown"}} Unknown          a photo whose event the office does not have
 * @typedef {{kind: "later", why: string, waitMs?: number, outOfDate?: boolean}} Later
 */

const PROTO = "1";
const SPLIT = {
  400: "the office’s computer could not read it. Call the office.",
  401: "sign in again, then it can go.",
  403: "sign in again, then it can go.",
  413: "it is too big to send. Call the office.",
  415: "the office’s computer could not read it. Call the office.",
  422: "the office’s computer could not read it. Call the office.",
};
const BUSY = "the office’s computer is busy. It will go by itself.";
const OUT_OF_DATE = "this page is out of date. Close it and open it again.";
// A wrong header must not silence a phone for a day.
const LONGEST_WAIT_MS = 3_600_000;

/** @returns {Promise<Answered|NoAnswer|Split|Later>} */
export function ask(path, message, { headers = {}, ...how } = {}) {
  const body = JSON.stringify(message);
  return request(path, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers }, ...how });
}

/** One piece of a photo. @returns {Promise<Answered|NoAnswer|Split|Later|Unknown>} */
export function put(path, piece, headers) {
  return request(path, { method: "PUT", body: piece, headers });
}

async function request(path, { body, patienceMs = 30_000, credentials = "omit", ...how }) {
  const giveUp = new AbortController();
  const clock = setTimeout(() => giveUp.abort(), patienceMs + (body.byteLength ?? body.length) / 10);
  const began = performance.now();
  try {
    const response = await fetch(path, {
      ...how, body, credentials, redirect: "error", cache: "no-store", signal: giveUp.signal,
    });
    return await meaning(response, began);
  } catch {
    return { kind: "no-answer" };  // no signal, a redirect, too slow, or an answer cut short
  } finally {
    clearTimeout(clock);
  }
}

async function meaning(response, began) {
  const { status } = response;
  const ours = response.headers.get("X-FieldVisit-Proto") === PROTO;
  if (!ours && status < 500) return { kind: "no-answer" };
  if (status === 200 || status === 409) return answered(await response.json(), began);
  if (status === 404) return { kind: "unknown" };
  if (SPLIT[status]) return { kind: "split", why: SPLIT[status], status };
  if (status === 426) return { kind: "later", why: OUT_OF_DATE, outOfDate: true };
  if (status === 429 || status === 503) return { kind: "later", why: BUSY, waitMs: retryAfterMs(response) };
  return status >= 500 ? { kind: "later", why: BUSY } : { kind: "no-answer" };
}

function answered(answer, began) {
  if (answer === null || typeof answer !== "object") return { kind: "no-answer" };
  const half = (performance.now() - began) / 2;
  const offset = Date.parse(answer.server_time) - (Date.now() - half);
  return { kind: "answered", answer, offsetMs: Number.isFinite(offset) ? Math.round(offset) : null };
}

function retryAfterMs(response) {
  const asked = response.headers.get("Retry-After");
  if (!asked) return undefined;
  const ms = /^\d+$/.test(asked.trim()) ? Number(asked) * 1000 : Date.parse(asked) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_WAIT_MS) : undefined;
}
