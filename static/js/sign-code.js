/**
 * Drawing one's signature under a code, beside the typed name, which is enough. The strokes go with the form as a path.
 *
 * `<div data-draw hidden>` with a canvas, the hidden input `drawn` and `[data-clear]`: shown only where this script runs.
 */

const MOST = 4000; // points: more than anybody's name
const box = document.querySelector("[data-draw]");
const canvas = box?.querySelector("canvas");
const pen = canvas?.getContext("2d");
const field = box?.querySelector("input[name=drawn]");
let points = 0;
let pointer = null;

function place(event) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const x = Math.round(((event.clientX - left) * canvas.width) / width);
  const y = Math.round(((event.clientY - top) * canvas.height) / height);
  return [x, y].map((value) => Math.max(0, value));
}

function draw(event, letter) {
  if (points >= MOST) return;
  const [x, y] = place(event);
  points += 1;
  field.value += `${field.value && " "}${letter}${x} ${y}`;
  if (letter === "M") pen.beginPath();
  pen[letter === "M" ? "moveTo" : "lineTo"](x, y);
  pen.stroke();
}

function clear() {
  [field.value, points, pointer] = ["", 0, null];
  pen.clearRect(0, 0, canvas.width, canvas.height);
}

if (box) {
  Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button > 0) return;
    event.preventDefault();
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    draw(event, "M");
  });
  canvas.addEventListener("pointermove", (event) => event.pointerId === pointer && draw(event, "L"));
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => { if (event.pointerId === pointer) pointer = null; });
  }
  box.querySelector("[data-clear]").addEventListener("click", clear);
  clear();
  box.hidden = false;
}
