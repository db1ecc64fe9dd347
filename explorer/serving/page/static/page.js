"use strict";

// Around textual.js, which draws the terminal: this page's visit, why it is over, and files that come from it.
// It is loaded first, so that the WebSocket that textual.js opens is ours.

(() => {
  const KEPT = "visit";
  const OWN_WORDS = [4000, 4099]; // the server ended it, and says why
  const STOPPED = 4009;
  const TRY_EVERY = 2000;
  const NOTED_FOR = 8000;

  const find = (id) => document.getElementById(id);

  // --- the visit: its key is kept as long as this window is, so that a page that is loaded again finds it

  const kept = sessionStorage.getItem(KEPT);
  const visit = kept ?? made();
  sessionStorage.setItem(KEPT, visit);

  function made() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  let socket = null;

  window.WebSocket = class extends WebSocket {
    constructor(url) {
      super(`${url}&visit=${visit}`);
      socket = this;
      this.addEventListener("open", focus);
      this.addEventListener("message", heed); // before those of textual.js
      this.addEventListener("close", (event) => over(event.code, event.reason));
    }
  };

  function focus() {
    const hasKeyboard = !matchMedia("(pointer: coarse)").matches; // a phone would show one, over half of the page
    if (hasKeyboard) document.querySelector(".xterm-helper-textarea").focus();
  }

  function heed(event) {
    if (typeof event.data !== "string") return;
    const [kind, told] = JSON.parse(event.data);
    if (kind === "deliver_file_start") {
      event.stopImmediatePropagation(); // textual.js would open a window, which browsers do not let it
      download(told);
    } else if (kind === "visit" && told === "new" && kept) {
      note("Your last visit was over: this is a new one.");
    }
  }

  function download(key) {
    const link = document.createElement("a");
    link.href = `download/${encodeURIComponent(key)}`;
    link.download = "";
    link.click();
  }

  // --- the clipboard: a page without HTTPS is given none, but may copy what is selected when a key was pressed

  if (!navigator.clipboard) Object.defineProperty(navigator, "clipboard", { value: { writeText: copySelected } });

  async function copySelected(text) {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const isCopied = document.execCommand("copy");
    box.remove();
    focus();
    if (!isCopied) note("Your browser lets this page copy nothing.");
  }

  function note(words) {
    find("note").textContent = words;
    find("note").hidden = false;
    setTimeout(() => (find("note").hidden = true), NOTED_FOR);
  }

  // --- the end of it

  function over(code, reason) {
    document.body.classList.add("is-over");
    const isEnded = code >= OWN_WORDS[0] && code <= OWN_WORDS[1] && code !== STOPPED;
    if (isEnded) sessionStorage.removeItem(KEPT);
    find("words").textContent = isEnded ? reason : "The connection is lost. It is tried again …";
    find("again").hidden = !isEnded;
    if (isEnded) find("again").focus();
    else setTimeout(tryAgain, TRY_EVERY);
  }

  async function tryAgain() {
    try {
      if ((await fetch(location.href, { method: "HEAD", cache: "no-store" })).ok) return location.reload();
    } catch {
      // nobody answers yet
    }
    setTimeout(tryAgain, TRY_EVERY);
  }

  // --- what textual.js finds when the page stands

  function fontSize() {
    const { clientWidth, clientHeight } = find("terminal");
    const [columns, rows] = clientWidth < clientHeight ? [62, 24] : [80, 24]; // the app wants at least 60 × 16
    const [width, height] = [0.6, 1.32]; // of a letter of Roboto Mono, in its size
    const fitting = Math.min(clientWidth / columns / width, clientHeight / rows / height);
    return Math.floor(Math.min(16, Math.max(8, fitting)));
  }

  document.addEventListener("DOMContentLoaded", () => {
    const terminal = find("terminal");
    const address = new URL("ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.search = "";
    terminal.dataset.sessionWebsocketUrl = address.href;
    terminal.dataset.fontSize ||= fontSize();
    find("again").addEventListener("click", () => location.reload());
    find("keys").addEventListener("mousedown", (event) => event.preventDefault()); // the terminal keeps the focus
    find("keys").addEventListener("click", ({ target }) => {
      if (target.dataset.key) socket?.send(JSON.stringify(["stdin", target.dataset.key]));
    });
  });
})();
