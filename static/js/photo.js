/**
 * Photos: `[data-photos]` holds two file inputs, to take one and to choose one. A photo is saved as soon as it is there,
 * with no second tap: a phone may end this page behind its camera. It is read at once, made smaller (which also drops
 * where it was taken), and kept sealed; the small picture that stays on the screen is in memory only.
 */

import { clockTime, part, showOutbox } from "./outbox-view.js";
import { NotSaved, record } from "./outbox.js";
import { say } from "./say.js";
import { onEachView } from "./views.js";

// The second is for a phone that has no room for the first.
const SIZES = [{ edge: 1600, quality: 0.7 }, { edge: 800, quality: 0.5 }];
const PREVIEW_EDGE = 160;
const UNREADABLE = "NOT saved. This phone cannot read that picture. Take it again, or choose another.";
const NOT_WRITTEN = "NOT saved. This phone could not keep the photo. Take it again, or call the office.";
const ASKED = "[name=photo-asked]";
const minded = new WeakSet();
let turn = Promise.resolve();
let underWay = 0;

/** @param {() => boolean} canKeep */
export function startPhotos(canKeep) {
  // On the input itself: while the camera is open the lock may take the page away, and the photo still comes here.
  onEachView((root) => {
    for (const input of root.querySelectorAll("[data-photos] input[type=file]")) {
      if (!minded.has(input)) input.addEventListener("change", () => input.files.length && canKeep() && chosen(input));
      minded.add(input);
    }
  });
  document.addEventListener("click", (event) => {
    const { target } = event;
    const opener = target.closest?.("[data-photo-kind]");
    if (opener) begin(opener, opener.dataset.photoKind);
    const widget = target.type === "file" ? target.closest("[data-photos]") : null;
    if (!widget?.querySelector(ASKED) || askedOf(widget)) return;
    event.preventDefault();
    say("First say whether you asked.", "is-failed");
  });
  // Before the form is emptied: what they agreed to at the door holds for each photo until they are asked again.
  document.addEventListener("submit", ({ target }) => {
    const tick = target.querySelector("[name=scope][value=photos]");
    if (tick) target.closest("[data-visit]").dataset.asked = tick.checked ? "yes" : "";
  }, true);
}

function begin(opener, kind) {
  const asked = kind === "card_left" ? "nobody_there" : opener.closest("[data-visit]").dataset.asked;
  for (const tick of document.querySelectorAll("[data-photos] input[type=radio]")) {
    tick.checked = tick.value === (tick.matches(ASKED) ? asked : kind);
  }
}

function askedOf(widget) {
  return widget.querySelector(`${ASKED}:checked`)?.value;
}

export function isTakingPhoto() {
  return underWay > 0;
}

/** Several at once would fill a cheap phone's memory: one after another. */
async function chosen(input) {
  const widget = input.closest("[data-photos]");
  const fact = factOf(widget);
  const line = newLine(widget, fact);
  underWay += 1;
  try {
    const read = [...input.files].map((file) => file.arrayBuffer());
    const pictures = await Promise.all(read);
    input.value = "";
    turn = turn.then(() => keep(pictures[0], fact, line));
    await turn;
    say(`Saved on this phone: ${fact.label}, ${clockTime(new Date())}`, "is-saved");
  } catch (error) {
    turn = Promise.resolve();
    if (!(error instanceof NotSaved)) console.error("photo: not saved", error);
    line.remove();
    say(error instanceof NotSaved ? error.message : NOT_WRITTEN, "is-failed");
  } finally {
    underWay -= 1;
  }
}

function factOf(widget) {
  const tick = widget.querySelector("[name=photo-what]:checked");
  const what = tick?.value ?? (widget.dataset.photos || "other");
  const words = tick?.closest("label").textContent.trim();
  return {
    uuid: crypto.randomUUID(), kind: "photo.taken", kv: 1, body: { what, asked: askedOf(widget) }, next: null,
    visit: widget.closest("[data-visit]")?.dataset.visit ?? null, label: words ? `Photo: ${words}` : "Photo",
  };
}

async function keep(picture, fact, line) {
  const bitmap = await createImageBitmap(new Blob([picture]), { imageOrientation: "from-image" }).catch(() => {
    throw new NotSaved(UNREADABLE);
  });
  try {
    line.prepend(previewOf(bitmap, fact.label));
    await firstThatFits(bitmap, fact);
  } finally {
    bitmap.close();
  }
  line.dataset.follows = fact.uuid;
  showOutbox();
}

async function firstThatFits(bitmap, fact, [size, ...smaller] = SIZES) {
  const attached = [{ what: "photo", type: "image/jpeg", bytes: await jpegOf(bitmap, size) }];
  try {
    await record(fact, attached);
  } catch (error) {
    if (!error.isFull || !smaller.length) throw error;
    await firstThatFits(bitmap, fact, smaller);
  }
}

async function jpegOf(bitmap, { edge, quality }) {
  const canvas = drawn(bitmap, edge);
  const jpeg = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", quality); });
  canvas.width = canvas.height = 0;  // Safari holds on to the memory of a canvas
  if (!jpeg) throw new NotSaved(UNREADABLE);
  return jpeg.arrayBuffer();
}

function drawn(bitmap, edge) {
  const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";  // JPEG has no see-through
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function previewOf(bitmap, label) {
  const canvas = drawn(bitmap, PREVIEW_EDGE);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return canvas;
}

function newLine(widget, { label }) {
  const line = document.createElement("li");
  line.append(part("entry-label", label), part("entry-state", "Saving"), part("entry-message"));
  widget.querySelector("[data-photo-list]")?.append(line);
  return line;
}
