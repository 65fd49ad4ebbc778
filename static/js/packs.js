/**
 * The day's pages on this phone: asked for in one answer, kept one by one, each sealed under the key that the lock opens.
 * Beside them in clear: whose they are, which visits by number, when they were made and when they must be gone.
 *
 * `data-packs` on the root: visits kept of visits on the round, `7/12`.
 */

import { deviceId } from "./device.js";
import { decrypt, encrypt, openedKey } from "./lock.js";
import { hear } from "./outbox-line.js";
import { dropPacks, forget, packRows, putPack, recall, remember } from "./outbox-store.js";

const PROTO = "1";
const PATIENCE_MS = 30_000;
const OLDEST_MS = 16 * 3_600_000;
const text = new TextEncoder();
let underWay = null;
let next = null;
/** The sealed rows as they lie on the disk: a tap does not wait for it. @type {?Promise<object[]>} */
let kept = null;

/**
 * What is known without the key; null when there is nothing, or nothing that may still be kept.
 *
 * @returns {Promise<?{person: string, made: number, asked: number, wipe: number, ids: string[], steps: string}>}
 *   made: the server's clock; asked: this phone's, when it last had an answer
 */
export async function packsKept() {
  const head = await recall("packs");
  if (!head) return null;
  const now = Date.now() + ((await recall("offset_ms")) ?? 0);
  if (now < head.wipe && now < head.made + OLDEST_MS) return head;
  await dropCopies();
  return null;
}

/** The pages go, and the sign for the worker that there are any. The outbox stays, and so does the PIN. */
export async function dropCopies() {
  await forget("packs");
  kept = null;
  await dropPacks();
  await globalThis.caches?.delete("fv-state");
  delete document.documentElement.dataset.packs;
}

/** @param {string} id  `today`, `steps`, `badge`, `person`, or a visit's  @returns {Promise<?object>} */
export async function readPack(id) {
  const key = openedKey();
  const row = key && (await rowsKept()).find((one) => one.id === id);
  if (!row) return null;
  try {
    const plain = await decrypt(key, row.data, text.encode(`${row.person} ${id}`));
    return { ...JSON.parse(new TextDecoder().decode(plain)), stamp: row.stamp, left: row.left };
  } catch {
    return null;  // sealed under another key
  }
}

function rowsKept() {
  kept ??= packRows().catch((error) => {
    kept = null;
    throw error;
  });
  return kept;
}

/**
 * Asks for what changed and keeps it. One at a time, and one more after it for whoever asked meanwhile.
 *
 * @param {string} person  of this page
 * @param {(visit: string) => Promise<boolean>} isBegun  such a visit stays here although it left the round
 * @returns {Promise<"kept"|"sign-in"|"other"|"no-answer"|"shut">}
 */
export function refreshPacks(person, isBegun) {
  // Asked while one is under way: what changed meanwhile may not be in its answer.
  if (underWay) return (next ??= underWay.then(() => refreshPacks(person, isBegun)));
  underWay = refresh(person, isBegun).finally(() => { underWay = next = null; });
  return underWay;
}

async function refresh(person, isBegun) {
  const rows = openedKey() ? await packRows() : [];
  const asked = Date.now();
  const response = await answerTo(rows);
  if (response?.status === 401) return "sign-in";
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  if (!answer?.person) return "no-answer";
  const now = Date.now();
  await hear({ answer, offsetMs: Math.round(Date.parse(answer.server_time) - (asked + now) / 2) });
  document.dispatchEvent(new CustomEvent("fv:packs", { detail: answer }));
  if (answer.person.id !== person) return "other";
  const key = openedKey();  // from here on this one: the phone may be locked while we write
  if (!key) return "shut";
  await keep(key, answer, rows, asked, isBegun);
  return "kept";
}

/** Null when there is no answer, or none of ours: a Wi-Fi network asks for money with a 401 as well. */
async function answerTo(rows) {
  const have = rows.filter((row) => row.stamp && !row.left).map((row) => `${row.id}.${row.stamp}`);
  const steps = rows.find((row) => row.id === "steps");
  const asks = new URLSearchParams({ device: await deviceId(), have: have.join(","), have_steps: steps?.version ?? "" });
  try {
    const response = await fetch(`/packs?${asks}`, {
      headers: { Accept: "application/json" }, redirect: "error", cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return response.headers.get("X-FieldVisit-Proto") === PROTO ? response : null;
  } catch {
    return null;
  }
}

async function keep(key, answer, rows, asked, isBegun) {
  const { person, visits, steps, badge } = answer;
  const put = async (id, value, more) => {
    await putPack({ ...(await sealed(key, person.id, id, value)), ...more });
    kept = null;
  };
  if (steps.html) await put("steps", steps, { version: steps.version });
  await put("person", person);
  await put("today", answer.today);
  if (badge) await put("badge", { ...badge, day_keys: [] });
  let count = 0;
  for (const { id, stamp, title, html } of visits) {
    if (html !== undefined) await put(id, { title, html }, { stamp });
    count += 1;
    document.documentElement.dataset.packs = `${count}/${visits.length}`;
  }
  const ids = visits.map(({ id }) => id);
  await leave(rows, ids, isBegun);
  await remember("packs", {
    person: person.id, made: Date.parse(answer.server_time), wipe: Date.parse(answer.wipe_at), asked, ids,
  });
  kept = null;
  await (await globalThis.caches?.open("fv-state"))?.put("/packs", new Response());
}

async function sealed(key, person, id, value) {
  const data = await encrypt(key, text.encode(JSON.stringify(value)), text.encode(`${person} ${id}`));
  return { id, person, data };
}

/** What left the round goes, unless it was begun here: then it stays, marked. */
async function leave(rows, ids, isBegun) {
  const gone = rows.filter((row) => row.stamp && !ids.includes(row.id));
  for (const row of gone) {
    if (await isBegun(row.id)) await putPack({ ...row, left: true });
    else await dropPacks((one) => one.id === row.id);
  }
}
