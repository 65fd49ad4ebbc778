/**
 * A box to sign in, with a finger, a pen or a mouse. The strokes are kept with their times, and with them the words
 * that were shown and their language. What was signed is what stood there: a changed answer clears the box.
 *
 * `<div data-signature>` with a canvas, hidden inputs `signed` and `shown`, `[data-words-shown]`, `[data-clear]`.
 */

import { clearErrorOf } from "./fact-form.js";
import { onEachView } from "./views.js";

// The canvas's own measure, whatever size it has on the screen: turning the phone changes nothing.
const LEAST_LENGTH = 60;
const MOST_POINTS = 20_000;
const CHANGED = "An answer changed, so the signature was cleared. Ask them to sign again.";
const pads = new WeakMap();

export function startSignaturePads() {
  onEachView((root) => {
    for (const box of root.querySelectorAll("[data-signature]")) if (!pads.has(box)) begin(box);
  });
}

/** @returns {{what: "signature", type: string, bytes: Uint8Array}[]} what the form's box holds; nothing without one */
export function signatureOf(form) {
  const box = form.querySelector("[data-signature]");
  if (!box) return [];
  const { canvas, strokes } = pads.get(box);
  const words = JSON.stringify({ v: 1, w: canvas.width, h: canvas.height, strokes });
  return [{ what: "signature", type: "application/json", bytes: new TextEncoder().encode(words) }];
}

function begin(box) {
  const canvas = box.querySelector("canvas");
  const pad = { box, canvas, pen: canvas.getContext("2d"), strokes: [], pointer: null, began: 0 };
  const form = box.closest("form");
  pads.set(box, pad);
  canvas.addEventListener("pointerdown", (event) => down(pad, event));
  canvas.addEventListener("pointermove", (event) => moved(pad, event));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => up(pad, event));
  box.querySelector("[data-clear]").addEventListener("click", () => clear(pad, "Cleared."));
  // After the reset, and not before: the form's ticks then say what they will say.
  form.addEventListener("reset", () => setTimeout(() => clear(pad, "")));
  for (const kind of ["input", "change"]) form.addEventListener(kind, () => answered(pad));
  showWords(pad);
}

function down(pad, event) {
  if (pad.pointer !== null || event.button > 0) return;
  event.preventDefault();
  pad.pointer = event.pointerId;
  pad.canvas.setPointerCapture(event.pointerId);
  if (!pad.strokes.length) pad.began = event.timeStamp;
  pad.strokes.push([]);
  draw(pad, event);
  tell(pad, "");
}

function moved(pad, event) {
  if (event.pointerId !== pad.pointer) return;
  const between = event.getCoalescedEvents?.() ?? [];
  for (const point of between.length ? between : [event]) draw(pad, point);
}

function up(pad, event) {
  if (event.pointerId !== pad.pointer) return;
  pad.pointer = null;
  const signed = lengthOf(pad.strokes) >= LEAST_LENGTH;
  input(pad, "signed").value = signed ? "yes" : "";
  if (signed) clearErrorOf(input(pad, "signed"));
}

function draw({ canvas, pen, strokes, began }, event) {
  if (strokes.flat().length >= MOST_POINTS) return;
  const place = canvas.getBoundingClientRect();
  const x = Math.round(((event.clientX - place.left) * canvas.width) / place.width);
  const y = Math.round(((event.clientY - place.top) * canvas.height) / place.height);
  const stroke = strokes.at(-1);
  const [fromX, fromY] = stroke.at(-1) ?? [x, y];
  stroke.push([x, y, Math.max(0, Math.round(event.timeStamp - began))]);
  Object.assign(pen, { lineWidth: 5, lineCap: "round", strokeStyle: "#000" });
  pen.beginPath();
  pen.moveTo(fromX, fromY);
  pen.lineTo(x, y);
  pen.stroke();
}

function lengthOf(strokes) {
  let sum = 0;
  for (const stroke of strokes) {
    stroke.forEach(([x, y], at) => { sum += at && Math.hypot(x - stroke[at - 1][0], y - stroke[at - 1][1]); });
  }
  return sum;
}

function answered(pad) {
  showWords(pad);
  if (pad.strokes.length) clear(pad, CHANGED);
}

function clear(pad, words) {
  Object.assign(pad, { strokes: [], pointer: null });
  pad.pen.clearRect(0, 0, pad.canvas.width, pad.canvas.height);
  input(pad, "signed").value = "";
  showWords(pad);
  tell(pad, words);
}

/** What they say yes to stands in the words that they sign: the ticks, in the form's own words. */
function showWords(pad) {
  const shown = pad.box.querySelector("[data-words-shown]");
  const ticks = [...pad.box.closest("form").querySelectorAll("input[type=checkbox][name=scope]:checked")];
  const also = shown.querySelector("[data-also]");
  if (also) also.textContent = ticks.map((tick) => ` ${tick.closest("label").textContent.trim()}.`).join("");
  input(pad, "shown").value = shown.textContent.replace(/\s+/g, " ").trim();
  input(pad, "language").value = shown.lang || "en";
}

function input(pad, name) {
  return pad.box.querySelector(`input[name="${name}"]`);
}

function tell({ box }, words) {
  box.querySelector("[data-signature-said]").textContent = words;
}
