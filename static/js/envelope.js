/**
 * Seals an event so that only the council's server can open it, and signs it so that years later it can be shown
 * that this phone wrote exactly this at this point of its sequence.
 *
 * Seal: JWE compact, ECDH-ES (direct agreement) on P-256 with A256GCM: RFC 7516, RFC 7518 4.6.
 * P-256 because X25519 is missing from the older phones that contractors carry.
 */

const TAG_BYTES = 16;
const text = new TextEncoder();

/**
 * @param {object} event
 * @param {JsonWebKey & {kid?: string}} serverJwk
 * @returns {Promise<string>} the compact JWE
 */
export async function seal(event, serverJwk) {
  const once = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const header = base64url(text.encode(JSON.stringify(await headerFor(once.publicKey, serverJwk.kid))));
  const key = await contentKey(once.privateKey, serverJwk);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const lock = { name: "AES-GCM", iv, additionalData: text.encode(header), tagLength: TAG_BYTES * 8 };
  const locked = new Uint8Array(await crypto.subtle.encrypt(lock, key, text.encode(JSON.stringify(event))));
  const words = locked.subarray(0, -TAG_BYTES);
  const tag = locked.subarray(-TAG_BYTES);
  return [header, "", base64url(iv), base64url(words), base64url(tag)].join(".");
}

/** ES256 over `fv1`, grant, uuid, seq and the seal's SHA-256, one a line, no line end after the last. */
export async function sign({ grant, uuid, seq, jwe }, privateKey) {
  return signLines(["fv1", grant, uuid, String(seq), await sha256Hex(text.encode(jwe))], privateKey);
}

async function signLines(lines, privateKey) {
  const how = { name: "ECDSA", hash: "SHA-256" };
  return base64url(new Uint8Array(await crypto.subtle.sign(how, privateKey, text.encode(lines.join("\n")))));
}

/** One piece of a blob, so that nobody else can add to it: `fv1-piece`, grant, id, offset, the piece's SHA-256. */
export async function signPiece({ grant, id, offset, piece }, privateKey) {
  return signLines(["fv1-piece", grant, id, String(offset), await sha256Hex(piece)], privateKey);
}

/**
 * Encrypts a photo's or a signature's bytes with a key of its own, which travels inside the seal of its event.
 *
 * @param {{type: string, bytes: ArrayBuffer}} blob
 * @returns {Promise<{data: ArrayBuffer, told: object}>} what is kept, and what the event says of it
 */
export async function sealBlob({ type, bytes }) {
  const id = crypto.randomUUID();
  const [key, iv] = [crypto.getRandomValues(new Uint8Array(32)), crypto.getRandomValues(new Uint8Array(12))];
  const lock = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text.encode(id) }, lock, bytes);
  const told = {
    id, type, size: bytes.byteLength, csize: data.byteLength, sha256: await sha256Hex(bytes),
    csha256: await sha256Hex(data), key: base64url(key), iv: base64url(iv),
  };
  return { data, told };
}

/** A signing key that no script can carry away: the private half cannot be exported. */
export async function newSigningKey() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  return { privateKey: pair.privateKey, publicJwk: bare(await crypto.subtle.exportKey("jwk", pair.publicKey)) };
}

export function canSeal() {
  return Boolean(globalThis.crypto?.subtle && crypto.randomUUID);
}

async function headerFor(publicKey, kid) {
  const epk = bare(await crypto.subtle.exportKey("jwk", publicKey));
  return { alg: "ECDH-ES", enc: "A256GCM", ...(kid === undefined ? {} : { kid }), epk };
}

function bare({ kty, crv, x, y }) {
  return { kty, crv, x, y };
}

async function contentKey(privateKey, serverJwk) {
  const theirs = await crypto.subtle.importKey(
    "jwk", bare(serverJwk), { name: "ECDH", namedCurve: "P-256" }, false, []);
  const agreed = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, privateKey, 256);
  const key = await crypto.subtle.digest("SHA-256", concatKdfInput(new Uint8Array(agreed)));
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
}

/** One round of Concat KDF: counter 1, Z, AlgorithmID "A256GCM", no party names, 256 bits wanted. */
function concatKdfInput(agreed) {
  const algorithm = text.encode("A256GCM");
  const parts = [number32(1), agreed, number32(algorithm.length), algorithm, number32(0), number32(0), number32(256)];
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function number32(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

async function sha256Hex(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function base64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
