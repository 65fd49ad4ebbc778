/**
 * The live badge, drawn by this phone without a signal: a QR that is another every half-minute, six digits to type, and
 * a bar and a clock that move, which a picture of the screen does not.
 *
 * The keys of today and tomorrow lie in `meta` under `badge:<person>` and cannot be taken out. How a code is made of
 * them stands in badges/codes.py. They come with the day's pack, and whenever the badge is shown with signal; until this
 * phone has any, it shows the server's drawing.
 *
 * `<div class="live" data-live-badge>`: own, server, asking, stopped, refused or locked is published as its value. The
 * server's page has "server" or "refused" there, and what belongs to it inside.
 */

import { correction, generate } from "../vendor/lean-qr-nano-2.7.4.js";
import { deviceId } from "./device.js";
import { forget, recall, remember } from "./outbox-store.js";
import { onEachView } from "./views.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const QUIET = 4;  // modules of white around a QR
const ASK_EVERY_MS = 20_000;
const PATIENCE_MS = 8_000;
const SERVERS_CODE_LASTS_MS = 60_000;  // it was made for one half-minute and passes for one more
const IDLE_MS = 15 * 60_000;
const LONDON = { timeZone: "Europe/London" };
const DAY = new Intl.DateTimeFormat("sv-SE", LONDON);  // 2026-12-08
const TIME = new Intl.DateTimeFormat("en-GB", { ...LONDON, timeStyle: "medium" });
const panels = new WeakSet();

export function startLiveBadge() {
  onEachView((root) => {
    for (const panel of root.querySelectorAll("[data-live-badge]")) {
      if (!panels.has(panel)) new LiveBadge(panel);
      panels.add(panel);
    }
  });
}

/** @param badge  as `GET /packs` and `GET /badge/code` tell it; null when this person has none */
export async function keepBadge(who, badge) {
  if (!badge) return dropBadge(who);
  const { valid, why, id, number, step_s, verify_base, verify_at } = badge;
  if (!valid) return remember(slot(who), { why });
  if (!crypto.subtle) return undefined;
  const keys = {};
  for (const { day, key } of badge.day_keys) keys[day] = await keyOf(key);
  return remember(slot(who), { id, number, step_s, verify_base, verify_at, keys });
}

/** On sign-out, and when the lock was got wrong too often. */
export function dropBadge(who) {
  return forget(slot(who));
}

/** @param {string} hex  @returns {Promise<CryptoKey>} signs, and cannot be read */
export function keyOf(hex) {
  const bytes = Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** What badges/codes.py makes of the same key and step. */
export async function codeAt(key, step) {
  const message = new DataView(new ArrayBuffer(8));
  message.setBigUint64(0, BigInt(step));
  const digest = new DataView(await crypto.subtle.sign("HMAC", key, message));
  const bits = digest.getBigUint64(0) >> 14n;
  let code = "";
  for (let shift = 45n; shift >= 0n; shift -= 5n) code += ALPHABET[Number((bits >> shift) & 31n)];
  return { code, digits: String((digest.getUint32(28) & 0x7fffffff) % 1_000_000).padStart(6, "0") };
}

/** The page /badge from the day's pack: what templates/badges/show.html is on the server. */
export function badgeView(badge) {
  if (!badge?.valid) return nodes(html`<h1>Your badge is not good today</h1>${refusal(badge?.why)}`);
  const { name, company, council, number, photo, good_until } = badge;
  return nodes(html`<h1>${name}</h1>
<p><strong>${company || council}</strong>${company && `, working for ${council}`}</p>
<div class="live" data-live-badge></div>
${photo
    ? html`<p><img src="${photo}" width="280" height="350" alt="Photo of ${name}"></p>`
    : html`<p class="alert alert--bad"><strong>Your badge has no photo.</strong> Tenants are told to call us about it. Ask your manager to have one added.</p>`}
<dl class="facts"><div><dt>Badge number</dt><dd>${number}</dd></div><div><dt>Good until the end of</dt><dd>${good_until}</dd></div></dl>
<div class="say"><p class="say__title">Say</p><div class="say__words">Please use your own phone to check me. Take your time: I will wait outside.</div></div>
<a class="choice choice--danger" href="/badge/lost"><span class="choice__label">I have lost my badge or phone</span><span class="choice__hint">No signal? Call the office.</span></a>`);
}

class LiveBadge {
  askedAt = -Infinity;
  servedAt = -Infinity;

  constructor(panel) {
    this.panel = panel;
    if (panel.firstElementChild) {
      this.mode = panel.dataset.liveBadge;
      this.barred = this.byPage = this.mode === "refused";
      this.servedAt = Date.now();
    }
    this.ended = new AbortController();
    const heard = { signal: this.ended.signal };
    document.addEventListener("visibilitychange", () => this.turn(), heard);
    for (const sign of ["pageshow", "online", "resize"]) addEventListener(sign, () => this.turn(), heard);
    this.turn();
  }

  /** Once at each whole second of the corrected time; whatever goes wrong, the turns go on. */
  async turn() {
    clearTimeout(this.clock);
    if (!this.panel.isConnected) {
      this.ended.abort();
      this.awake?.release();
      return;
    }
    if (this.turning) return;
    this.turning = true;
    await this.look().catch((error) => console.error("badge:", error));
    this.turning = false;
    this.clock = setTimeout(() => this.turn(), 1000 - (this.now() % 1000));
  }

  now() {
    return Date.now() + (this.offset ?? 0);
  }

  async look() {
    if (document.hidden) {
      this.awake = undefined;  // the browser has let go of the screen
      return;
    }
    // A disk that fails under an open page changes nothing: what is known stays known.
    const disk = Promise.all([recall(slot(person())), recall("offset_ms")]);
    [this.kept, this.offset] = await disk.catch(() => [this.kept, this.offset]);
    if (await isLocked()) return this.put("locked", html`<p>Open the lock to show your badge.</p>`);
    this.keepAwake();
    const stepMs = (this.kept?.step_s ?? 30) * 1000;
    const step = Math.floor(this.now() / stepMs);
    const key = this.kept?.keys?.[DAY.format(step * stepMs)];
    if (this.barred) await this.ask();  // the server's page said so, whatever lies here still
    else if (this.kept?.why) this.put("refused", refusal(this.kept.why));
    else if (key) await this.draw(key, step);
    else this.leanOnTheServer();
    this.ask();
  }

  async draw(key, step) {
    const { panel, kept } = this;
    this.put("own", html`<canvas role="img" aria-label="Moving code of badge ${kept.number}"></canvas>
<p class="live__beat"><time role="timer"></time></p>
<p class="word"><span class="word__title">Or go to ${kept.verify_at} and type:</span> <span class="word__phrase">${kept.number}</span> <strong class="word__phrase"></strong></p>
<p class="live__clock" hidden>This phone’s clock is not checked yet. If a check says the code is out of date, find signal once.</p>`);
    const box = Math.min(panel.clientWidth, innerHeight * 0.45, 420) * devicePixelRatio;
    const drawn = [kept.id, step, box].join();
    if (this.drawn !== drawn) {
      const { code, digits } = await codeAt(key, step);
      paint(panel.querySelector("canvas"), `${kept.verify_base}/v/${kept.id}/${code}`.toUpperCase(), box);
      panel.querySelector("strong").textContent = `${digits.slice(0, 3)} ${digits.slice(3)}`;
      this.drawn = drawn;
    }
    panel.querySelector("time").textContent = TIME.format(this.now());
    panel.querySelector(".live__clock").hidden = Number.isFinite(this.offset);
  }

  leanOnTheServer() {
    if (Date.now() - this.servedAt < SERVERS_CODE_LASTS_MS) return;
    if (this.askedAt < 0 || (this.asking && this.mode === "asking")) this.put("asking", html`<p>Getting your code…</p>`);
    else this.put("stopped", html`<p class="alert alert--bad" role="alert"><strong>This code has stopped.</strong> Find signal once: it goes on by itself. Until then show your card. The tenant can call the office, on the number on their rent statement.</p>`);
  }

  put(mode, markup) {
    if (this.mode === mode) return;
    this.mode = this.panel.dataset.liveBadge = mode;
    this.drawn = "";
    this.panel.replaceChildren(nodes(markup));
  }

  /** Is the badge still good? And keys, or else a drawing. No answer means no news. */
  async ask() {
    if (this.asking || Date.now() - this.askedAt < ASK_EVERY_MS) return;
    this.asking = true;
    this.askedAt = Date.now();
    const said = await serversAnswer();
    if (said) {
      if (this.byPage && said.badge?.valid) location.reload();
      this.barred = false;
      await keepBadge(person(), said.badge).catch(() => null);
      if (said.drawn && !["own", "locked"].includes(this.mode)) {
        this.servedAt = Date.now();
        this.mode = "";
        this.put("server", { markup: said.drawn });
      }
    }
    this.asking = false;
    this.turn();
  }

  async keepAwake() {
    if (this.awake !== undefined) return;
    this.awake = null;
    this.awake = await navigator.wakeLock?.request("screen").catch(() => null);
  }
}

/** Null without signal, and for what a Wi-Fi network says in our place. */
async function serversAnswer() {
  try {
    const device = await deviceId().catch(() => "");
    const response = await fetch(`/badge/code?device=${device}`, {
      redirect: "error", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return response.headers.has("X-FieldVisit-Proto") ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Shut, or open and idle: then the PIN is asked for. A phone without a PIN has nothing to lock. */
async function isLocked() {
  const { lock } = document.documentElement.dataset;
  if (lock === "open") {
    const { askToUnlock, idleMs } = await import("./lock.js");
    if (idleMs() < IDLE_MS) return false;
    askToUnlock("badge");
  }
  return lock === "open" || lock === "shut";
}

/** Whole device pixels for each module, so that no edge is grey. */
function paint(canvas, address, box) {
  const code = generate(address, { minCorrectionLevel: correction.M });
  const side = code.size + 2 * QUIET;
  const module = Math.max(1, Math.floor(box / side));
  canvas.width = canvas.height = side * module;
  canvas.style.width = `${canvas.width / devicePixelRatio}px`;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.width);
  pen.fillStyle = "#000";
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      if (code.get(x - QUIET, y - QUIET)) pen.fillRect(x * module, y * module, module, module);
    }
  }
}

function refusal(why) {
  return html`<div class="alert alert--bad"><p><strong>Do not visit anybody. A check of your badge says no.</strong></p>
<p>If you are in a home now, finish safely and leave. Tell the tenant that somebody will be in touch.</p></div>
<h2>Why, and what to do</h2>${(why ?? ["Ask the office."]).map((sentence) => html`<p>${sentence}</p>`)}`;
}

/** Markup in which every value is made safe, unless it is such markup itself. */
function html(parts, ...values) {
  return { markup: String.raw({ raw: parts }, ...values.map(safe)) };
}

function safe(value) {
  if (Array.isArray(value)) return value.map(safe).join("");
  return value?.markup ?? String(value ?? "").replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt()};`);
}

function nodes({ markup }) {
  const made = document.createElement("template");
  made.innerHTML = markup;
  return made.content;
}

function person() {
  return document.documentElement.dataset.person;
}

function slot(who) {
  return `badge:${who}`;
}
