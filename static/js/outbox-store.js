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
 * @property {string} [proof]  SHA-256 of a box for the vault, until its receipt was shown
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
 * @property {Blob[]} [blobs]  its photos and signatures; their bytes, encrypted, are rows of `blobs`
 * @property {number} [settledAt]  when the office took it
 * @property {number} [doneAt] when the last of its blobs was there
 * @property {?number} [coverSeq]  the backup that holds this event number holds its blobs too
 *
 * @typedef {object} Blob
 * @property {string} id
 * @property {"photo"|"signature"} what
 * @property {number} csize    bytes, encrypted
 * @property {number} sent     bytes that the office has
 * @property {boolean} done    the office has all of it
 * @property {boolean} [gone]  its bytes are no longer on this phone
 * @property {?string} why     why it was set aside
 * @property {number} tries
 * @property {number} notBefore
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

/** Forgets all that was remembered, but not what `isKept` names. */
export function forgetAllBut(isKept) {
  return run(["meta"], "readwrite", (tx) => eachRow(tx.objectStore("meta"), (cursor) => {
    if (!isKept(cursor.key)) cursor.delete();
  }));
}

export async function nextSeq() {
  return ((await recall("last_seq")) ?? 0) + 1;
}

/**
 * Adds an item with its blobs' bytes and moves the counter, in one transaction: a number is used once, none is skipped,
 * and no photo is kept by half.
 *
 * @param {Item} item
 * @param {{id: string, data: ArrayBuffer}[]} bytes  encrypted
 * @returns {Promise<{saved?: Item, taken?: true}>} `taken` when another tab used this number: sign again with the next.
 */
export function addItem(item, bytes = []) {
  return run(["items", "meta", "blobs"], "readwrite", (tx, answer) => {
    const items = tx.objectStore("items");
    const meta = tx.objectStore("meta");
    items.index("uuid").get(item.uuid).onsuccess = (found) => {
      if (found.target.result) return answer({ saved: found.target.result });
      meta.get("last_seq").onsuccess = (last) => {
        if (item.seq !== (last.target.result?.value ?? 0) + 1) return answer({ taken: true });
        items.add(item);
        for (const row of bytes) tx.objectStore("blobs").add({ ...row, uuid: item.uuid });
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

/** @returns {Promise<ArrayBuffer|undefined>} a blob's bytes, encrypted */
export function bytesOf(id) {
  return run(["blobs"], "readonly", (tx, answer) => {
    tx.objectStore("blobs").get(id).onsuccess = (event) => answer(event.target.result?.data);
  });
}

/**
 * @param {(item: Item) => ?Partial<Item>|"remove"} change  null: as it is; blobs that are `gone` go with it
 * @param {number[]} [seqs]  only these; all of them, oldest first, when left out
 */
export function amendItems(change, seqs) {
  const wanted = seqs && new Set(seqs);
  return run(["items", "blobs"], "readwrite", (tx) => eachRow(tx.objectStore("items"), (cursor) => {
    if (!wanted || wanted.has(cursor.key)) apply(change(cursor.value), cursor, tx.objectStore("blobs"));
  }));
}

/** Can this disk take so many bytes more? Rejects when it cannot. They are taken away again. */
export async function tryRoom(bytes) {
  const row = { id: "room", data: new ArrayBuffer(bytes) };
  await run(["blobs"], "readwrite", (tx) => {
    tx.objectStore("blobs").put(row);
  });
  await run(["blobs"], "readwrite", (tx) => {
    tx.objectStore("blobs").delete(row.id);
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
  return run(["packs"], "readwrite", (tx) => eachRow(tx.objectStore("packs"), (cursor) => {
    if (isUnwanted(cursor.value)) cursor.delete();
  }));
}

function eachRow(store, work) {
  store.openCursor().onsuccess = (event) => {
    const cursor = event.target.result;
    if (!cursor) return;
    work(cursor);
    cursor.continue();
  };
}

function apply(changed, cursor, bytes) {
  if (!changed) return;
  const blobs = changed === "remove" ? cursor.value.blobs : changed.blobs?.filter((blob) => blob.gone);
  for (const { id } of blobs ?? []) bytes.delete(id);
  if (changed === "remove") cursor.delete();
  else cursor.update({ ...cursor.value, ...changed });
}

function open() {
  // A newer page may have added to it meanwhile. It never takes away, so this one goes on as it is.
  opening ??= opened(VERSION).catch((error) => {
    if (error?.name !== "VersionError") throw error;
    return opened();
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

function opened(version) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, version);
    asked.onupgradeneeded = () => build(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => resolve(mind(asked.result));
  });
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
