/**
 * What this phone keeps on its disk. The only module that knows IndexedDB.
 *
 * `items` holds one row for each entry, sealed; `blobs` the photos' ciphertext; `packs` the day's pages, sealed under
 * the key that the lock releases; `meta` the device id, the grants with their keys, the last sequence number and what
 * the server last said. Nothing that a person typed is here in clear.
 *
 * @typedef {object} Item
 * @property {number} seq      this phone's own counter, from 1, without gaps
 * @property {string} uuid
 * @property {string} person   who recorded it
 * @property {string} grant    under which it was signed
 * @property {?string} visit
 * @property {string} kind
 * @property {string} label    the words of the button's form, for the list; never what was typed
 * @property {?string} next    the step that follows at the door
 * @property {string} wall     the phone's clock, ISO with Z
 * @property {?string} jwe     the sealed event; null once it is inside a verified backup, or after 14 days
 * @property {?string} sig
 * @property {"queued"|"sent"|"held"} state
 * @property {?string} why     why the office has not taken it yet
 * @property {?string} code
 * @property {?string} message what the office says about a held item
 * @property {?number} serverSeq
 * @property {number} tries
 * @property {number} notBefore  milliseconds; an item that came back waits its turn and lets the others pass
 */

const NAME = "fv";
const VERSION = 2;
// A suspended page may find its connection dead (WebKit 277615): open again and try once more.
const DEAD_CONNECTION = new Set(["InvalidStateError", "UnknownError"]);

/** @type {?Promise<IDBDatabase>} */
let opening = null;

/** Resolves when the phone's disk is open; rejects when it cannot keep anything. */
export async function openStore() {
  await open();
}

export function recall(key) {
  return run(["meta"], "readonly", (tx, answer) => {
    tx.objectStore("meta").get(key).onsuccess = (event) => answer(event.target.result?.value);
  });
}

export function remember(key, value) {
  return run(["meta"], "readwrite", (tx) => {
    tx.objectStore("meta").put({ k: key, value });
  });
}

/** The value already kept under this key, or else this one, kept from now on: two tabs get the same. */
export function rememberOnce(key, value) {
  return run(["meta"], "readwrite", (tx, answer) => {
    const meta = tx.objectStore("meta");
    meta.get(key).onsuccess = (event) => {
      if (event.target.result) return answer(event.target.result.value);
      meta.put({ k: key, value });
      answer(value);
    };
  });
}

export function forget(key) {
  return run(["meta"], "readwrite", (tx) => {
    tx.objectStore("meta").delete(key);
  });
}

export async function nextSeq() {
  return ((await recall("last_seq")) ?? 0) + 1;
}

/**
 * Adds an item and moves the counter with it, in one transaction, so that a number is used once and none is skipped.
 *
 * @param {Item} item
 * @returns {Promise<{saved?: Item, taken?: true}>} `taken` when another tab used this number: sign again with the next.
 */
export function addItem(item) {
  return run(["items", "meta"], "readwrite", (tx, answer) => {
    const items = tx.objectStore("items");
    const meta = tx.objectStore("meta");
    items.index("uuid").get(item.uuid).onsuccess = (found) => {
      if (found.target.result) return answer({ saved: found.target.result });
      meta.get("last_seq").onsuccess = (last) => {
        if (item.seq !== (last.target.result?.value ?? 0) + 1) return answer({ taken: true });
        items.add(item);
        meta.put({ k: "last_seq", value: item.seq });
        answer({ saved: item });
      };
    };
  });
}

/** @returns {Promise<Item[]>} in the order in which they were recorded */
export function allItems() {
  return run(["items"], "readonly", (tx, answer) => {
    tx.objectStore("items").getAll().onsuccess = (event) => answer(event.target.result);
  });
}

/**
 * @param {(item: Item) => ?Partial<Item>|"remove"} change  null leaves the item as it is
 * @param {number[]} [seqs]  only these; all of them when left out
 */
export function amendItems(change, seqs) {
  const wanted = seqs && new Set(seqs);
  return run(["items"], "readwrite", (tx) => {
    tx.objectStore("items").openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return;
      if (!wanted || wanted.has(cursor.key)) apply(change(cursor.value), cursor);
      cursor.continue();
    };
  });
}

/** @returns {Promise<object[]>} the sealed pages of the day, whoever's they are */
export function packRows() {
  return run(["packs"], "readonly", (tx, answer) => {
    tx.objectStore("packs").getAll().onsuccess = (event) => answer(event.target.result);
  });
}

/** @param {{id: string}} row */
export function putPack(row) {
  return run(["packs"], "readwrite", (tx) => {
    tx.objectStore("packs").put(row);
  });
}

/** @param {(row: object) => boolean} [isUnwanted]  all of them when left out; never an entry of the outbox */
export function dropPacks(isUnwanted = () => true) {
  return run(["packs"], "readwrite", (tx) => {
    tx.objectStore("packs").openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return;
      if (isUnwanted(cursor.value)) cursor.delete();
      cursor.continue();
    };
  });
}

function apply(changed, cursor) {
  if (changed === "remove") cursor.delete();
  else if (changed) cursor.update({ ...cursor.value, ...changed });
}

function open() {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => build(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => resolve(mind(asked.result));
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

/** Adds what an older version lacks, and never touches what is there: entries may be waiting in it. */
function build(db) {
  const missing = (name) => !db.objectStoreNames.contains(name);
  if (missing("items")) db.createObjectStore("items", { keyPath: "seq" }).createIndex("uuid", "uuid", { unique: true });
  if (missing("blobs")) db.createObjectStore("blobs", { keyPath: "id" });
  if (missing("meta")) db.createObjectStore("meta", { keyPath: "k" });
  if (missing("packs")) db.createObjectStore("packs", { keyPath: "id" });
}

function mind(db) {
  db.onversionchange = () => {
    db.close();
    opening = null;
  };
  db.onclose = () => {
    opening = null;
  };
  return db;
}

async function run(stores, mode, work) {
  try {
    return await attempt(stores, mode, work);
  } catch (error) {
    if (!DEAD_CONNECTION.has(error?.name)) throw error;
    opening = null;
    return attempt(stores, mode, work);
  }
}

/** Resolves only when the transaction is complete, which with `strict` means: on the disk. */
async function attempt(stores, mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const tx = db.transaction(stores, mode, { durability: "strict" });
    let answered;
    tx.oncomplete = () => resolve(answered);
    tx.onabort = () => reject(tx.error ?? new DOMException("The transaction was given up.", "AbortError"));
    try {
      work(tx, (value) => { answered = value; });
    } catch (error) {
      tx.abort();
      reject(error);
    }
  });
}
