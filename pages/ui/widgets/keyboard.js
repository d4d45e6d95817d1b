/* What pages do in the browser: shortcuts, typing the value of a slider, touch, the language of the document, a connection that comes back. */

const NOT_TYPED_IN = /^(range|radio|checkbox|button)$/; // fields in which nobody types
const REPLAY = { KeyK: "play", KeyJ: "back", KeyL: "next" };
const SHORTCUTS = { KeyU: "undo", KeyG: "go_on", KeyN: "lessons_next", KeyP: "lessons_previous" };
const NARROW = "(max-width: 640px)";
const SIDEBAR_SLIDER = ".stSidebar .stSlider input[type=range]";

let component; // the latest, whose data and triggers count

function isTyping(target) {
  const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  return target.isContentEditable || (isField && !NOT_TYPED_IN.test(target.type));
}

/* Presses the button of a key, by the place of the key: with a Korean or Cyrillic layout it gives another letter. Of several replays
   on a page the first one in sight answers. Streamlit's own shortcuts go by the letter, and sleep while any field has the focus, a
   slider too, in which nobody types: where they do not hear the key, their button is pressed here. */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("[role=dialog]")) return;
  const { target, code } = event;
  if (isTyping(target)) return;
  if (event.key === "?" || (code === "Slash" && event.shiftKey)) component.setTriggerValue("asked", true);
  else if (event.shiftKey) return;
  else if (REPLAY[code]) {
    const bars = [...document.querySelectorAll(".lab-chart .bar:not([hidden])")];
    bars.find((bar) => bar.getBoundingClientRect().bottom >= 0)?.querySelector(`[data-do=${REPLAY[code]}]`).click();
  } else if (SHORTCUTS[code]) {
    const letter = code.at(-1).toLowerCase();
    const isHeard = event.key.toLowerCase() === letter && target.tagName !== "INPUT"; // by Streamlit itself
    if (!isHeard) document.querySelector(`.st-key-${SHORTCUTS[code]} button:not(:disabled)`)?.click();
  } else if (target.matches?.(SIDEBAR_SLIDER) && (event.key === "Enter" || /^[\d.,-]$/.test(event.key))) {
    event.preventDefault();
    typeValue(target, event.key === "Enter" ? null : event.key);
  }
}

/* The name of the control that a slider belongs to: `learning_rate` of the class `st-key-learning_rate-3`. */
function nameOf(slider) {
  const keyed = slider.closest("[class*=st-key-]");
  return keyed && /(?:^|\s)st-key-([a-z0-9_]+)/.exec(keyed.className)?.[1];
}

/* A field in the place of a slider's value: Enter takes what is typed, Escape or leaving it does not. */
function typeValue(slider, begun) {
  const name = nameOf(slider);
  const shown = slider.closest(".stSlider").querySelector("[data-testid=stSliderThumbValue]");
  if (!name || !shown || slider.disabled) return;
  const place = shown.getBoundingClientRect();
  const field = document.createElement("input");
  field.className = "lab-type";
  field.value = begun ?? slider.getAttribute("aria-valuetext") ?? "";
  field.setAttribute("aria-label", component.data.typed.replace("{name}", slider.getAttribute("aria-label") ?? name));
  field.autocomplete = "off";
  document.body.append(field);
  const left = place.left + place.width / 2 - field.offsetWidth / 2;
  field.style.left = `${Math.max(4, Math.min(left, window.innerWidth - field.offsetWidth - 4))}px`;
  field.style.top = `${place.top + place.height / 2 - field.offsetHeight / 2}px`;
  field.focus({ preventScroll: true });
  if (begun === null) field.select();
  const close = () => {
    field.removeEventListener("blur", close); // which removing it fires
    field.remove();
  };
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Enter") component.setTriggerValue("typed", { name, text: field.value });
    if (event.key === "Enter" && matchMedia(NARROW).matches) showPicture();
    if (event.key === "Enter" || event.key === "Escape") {
      close();
      document.querySelector(`.st-key-${name} ${SIDEBAR_SLIDER}, [class*="st-key-${name}-"] ${SIDEBAR_SLIDER}`)?.focus();
    }
  });
}

/* A click or a tap on the value of a slider, which else would begin to drag it. */
function onPress(event) {
  const shown = event.target.closest?.(".stSidebar [data-testid=stSliderThumbValue]");
  const slider = shown?.closest(".stSlider").querySelector("input[type=range]");
  if (!slider || slider.disabled) return;
  event.stopPropagation();
  if (event.type === "mousedown") event.preventDefault(); // or the slider takes the focus from the field
  if (event.type === "click") typeValue(slider, null);
}

/* On a phone, what a control changes comes into sight above the sheet of controls. */
function onChoice(event) {
  const { target } = event;
  if (!matchMedia(NARROW).matches || !target.closest?.(".stSidebar") || target.closest("a, summary, [aria-haspopup], header")) return;
  if (event.type === "change" || target.closest("button, [role=radio]")) showPicture();
}

/* Again after the answer has come, which may move the picture; a touch of the page itself ends that. */
function showPicture() {
  shows.forEach(clearTimeout);
  shows = [0, 700, 1800].map((wait) =>
    setTimeout(() => document.querySelector(".lab-chart:not([style*=none]) .plot")?.scrollIntoView({ block: "start" }), wait),
  );
}

let shows = [];
function onTouch(event) {
  if (!event.target.closest?.(".stSidebar")) shows.forEach(clearTimeout);
}

/* The theme that the address asks for is Streamlit's own affair, but Streamlit forgets it when the page changes. */
const theme = new URLSearchParams(location.search).getAll("embed_options").find((option) => option.endsWith("_theme"));
function keepTheme() {
  const query = new URLSearchParams(location.search);
  if (query.getAll("embed_options").includes(theme)) return;
  query.append("embed_options", theme);
  history.replaceState(history.state, "", `${location.pathname}?${query}${location.hash}`);
}

/* A server that was away may have forgotten this visit. It knows no button and no part of a page before it has run the page once, so
   that the first click would be lost: the page is run at once when the connection is back, and again while nothing comes of that. */
const AGAIN = 3000, TRIES = 4;
let isHeard = true; // whether a script has run since
function comeBack(tries = TRIES) {
  isHeard = false;
  component.setTriggerValue("back", true);
  setTimeout(() => { if (!isHeard && tries > 1 && state("Connection") === "CONNECTED") comeBack(tries - 1); }, AGAIN);
}

function state(of) {
  return document.querySelector(".stApp")?.dataset[`test${of}State`];
}

function heedConnection() {
  let before = state("Connection");
  const look = () => {
    if (state("Script") !== "notRunning") isHeard = true;
    const now = state("Connection");
    if (now === "CONNECTED" && before !== now) comeBack();
    before = now;
  };
  const attributeFilter = ["data-test-connection-state", "data-test-script-state"];
  new MutationObserver(look).observe(document.body, { attributeFilter, subtree: true });
  setInterval(look, 500); // the page's root may have been made anew
  document.addEventListener("lab-unheard", () => { if (isHeard) comeBack(); });
}

let listening = false;
function listen() {
  listening = true;
  heedConnection();
  document.addEventListener("keydown", onKey);
  for (const kind of ["pointerdown", "mousedown", "touchstart", "click"]) document.addEventListener(kind, onPress, true);
  document.addEventListener("pointerdown", onTouch, true);
  for (const kind of ["change", "click"]) document.addEventListener(kind, onChoice, true);
  if (theme) setInterval(keepTheme, 400);
}

export default function (mounted) {
  component = mounted;
  /* React owns every text on the page: a translator that replaces text nodes would leave old numbers standing, and break it. */
  document.documentElement.lang = mounted.data.language;
  document.documentElement.translate = false;
  if (!listening) listen();
}
