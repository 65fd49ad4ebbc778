/**
 * The line to the office, as the events and the photos share it: who sends, how long to wait, what the office said of
 * itself, and telling every tab of this phone.
 */

import { amendItems, recall, remember } from "./outbox-store.js";
import { offeredAgain } from "./outbox-state.js";

const CAP_VISIBLE_MS = 20_000;
const CAP_HIDDEN_MS = 300_000;
const LOCK_AGAIN_MS = 1_500;
const LOCK_STEAL_MS = 45_000;
const LONGEST_PAUSE_MS = 3_600_000;

let failures = 0;
let timer = 0;
let nextTurn = () => {};
const refusedSince = new Map();
const watchers = new Set();
const otherTabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("fv-outbox");
otherTabs?.addEventListener("message", (event) => tellWatchers(event.data));

/** @param {() => void} turn  called when it is time to try again */
export function takeTurns(turn) {
  nextTurn = turn;
}

/** @param {(news: {delivered: number}) => void} watcher  called when an item was added, sent, held or came back */
export function watch(watcher) {
  watchers.add(watcher);
}

export function tellEveryone(news = { delivered: 0 }) {
  otherTabs?.postMessage(news);
  return tellWatchers(news);
}

function tellWatchers(news) {
  return Promise.allSettled([...watchers].map((watcher) => watcher(news)));
}

/** Why nothing goes at the moment, when the office's computer said so; otherwise null. */
export async function trouble() {
  return (await recall("trouble")) ?? null;
}

/** It answered. */
export async function lineIsGood() {
  failures = 0;
  await remember("trouble", null);
}

/** Every answer carries the server's clock and its epoch. A new epoch is a restore: offer again what it may lack. */
export async function hear({ answer, offsetMs }) {
  if (offsetMs !== null) await remember("offset_ms", offsetMs);
  if (answer.durable_up_to !== undefined) await remember("durable_up_to", answer.durable_up_to);
  if (answer.epoch === undefined) return;
  await remember("heard_at", Date.now());
  const before = await recall("epoch");
  await remember("epoch", answer.epoch);
  if (before !== undefined && before !== answer.epoch) await amendItems(offeredAgain(await recall("durable_up_to")));
}

/** Did the office ask for patience? A tap does not shorten it. */
export async function isPaused() {
  const left = ((await recall("pause_until")) ?? 0) - Date.now();
  // Longer than any pause that we keep: the phone's clock was set back.
  if (left <= 0 || left > LONGEST_PAUSE_MS) return false;
  again(left);
  return true;
}

export async function pause(outcome) {
  await remember("trouble", outcome.why ?? null);
  // This page speaks a language that the office no longer reads: whoever updates pages may do so now.
  if (outcome.outOfDate) document.dispatchEvent(new CustomEvent("fv:out-of-date"));
  if (outcome.waitMs) {
    await remember("pause_until", Date.now() + outcome.waitMs);
    again(outcome.waitMs);
  } else {
    backOff();
  }
  tellEveryone();
}

export function backOff() {
  const most = Math.min(isVisible() ? CAP_VISIBLE_MS : CAP_HIDDEN_MS, 1000 * 2 ** failures);
  failures += 1;
  again(most * (0.5 + Math.random() / 2));
}

export function again(ms) {
  clearTimeout(timer);
  timer = setTimeout(() => nextTurn(), ms);
}

export function isVisible() {
  return document.visibilityState === "visible";
}

export function alone(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

/** One sender at a time, over all tabs; two would be harmless. */
export async function oneSender(name, work) {
  if (!navigator.locks) return work();
  // WebKit has kept the locks of suspended pages: after a while take it from them.
  const since = refusedSince.get(name);
  const isStuck = since !== undefined && performance.now() - since > LOCK_STEAL_MS;
  const how = isStuck ? { steal: true } : { ifAvailable: true };
  return navigator.locks.request(name, how, (lock) => {
    if (lock) {
      refusedSince.delete(name);
      return work();
    }
    refusedSince.set(name, since ?? performance.now());
    again(LOCK_AGAIN_MS);
    return undefined;
  });
}
