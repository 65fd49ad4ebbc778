/**
 * A report that only the vault can open: said is filled up to one of three lengths and sealed before anything is kept
 * or sent; and the vault's receipt for it, checked.
 */

import { seal } from "./envelope.js";

const SIZES = [4_096, 32_768, 262_144];
const text = new TextEncoder();

/** More was written than the largest box holds. */
export class TooLong extends Error {}

/**
 * @param {object} said
 * @param {JsonWebKey & {kid: string}} key  the vault's, to seal to
 * @returns {Promise<{size: number, sealed: string, sha256: string}>}
 */
export async function boxOf(said, key) {
  const report = { v: 1, kind: "report", said, pad: "" };
  const length = text.encode(JSON.stringify(report)).length;
  const size = SIZES.find((one) => one >= length);
  if (!size) throw new TooLong();
  report.pad = "0".repeat(size - length);
  const sealed = await seal(report, key);
  return { size, sealed, sha256: await sha256Hex(text.encode(sealed)) };
}

/**
 * Is one of these the vault's own receipt for this box? Nothing else is ever called safely received.
 *
 * @param {{number: string, sha256: string, received_at: string, signature: string}[]} receipts
 * @param {JsonWebKey} key  the vault's, to check with
 * @returns {Promise<?string>} the receipt's number
 */
export async function numberIn(receipts, sha256, key) {
  const how = { name: "ECDSA", namedCurve: "P-256" };
  const { kty, crv, x, y } = key;
  const theirs = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, how, false, ["verify"]);
  for (const one of receipts) {
    const lines = ["fv-receipt1", sha256, one.number, one.received_at].join("\n");
    const good = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, theirs, bytes(one.signature), text.encode(lines));
    if (good) return one.number;
  }
  return null;
}

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

async function sha256Hex(data) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
