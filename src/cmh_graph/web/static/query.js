// What scripts add to the query page: an editor in place of the text area, and answers without leaving the page. The form
// works without them, and answers are written by the service in either case: a part of its page is put into this one.
import { Tabs } from "./nhsuk-frontend.js";

const LONGEST_ADDRESS = 6000;
// As many as are seen at once: a list that scrolls is lost to the keyboard.
const MOST_HINTS = 8;
const PAUSE = 1000;

const form = document.querySelector("#query-form");
const area = document.querySelector("#query");
const stop = document.querySelector("#stop");
const status = document.querySelector("#status");
const run = form.querySelector("[type=submit]");
const original = { text: area.value, address: document.querySelector("#permalink").getAttribute("href") };

// --- completion, from one file that the service counts from its snapshot ---

let terms;
const known = () =>
  (terms ??= fetch("/query/terms.json")
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error("no terms"))))
    .catch((error) => {
      // Asked for again at the next chance.
      terms = undefined;
      throw error;
    }));

const named = ([name, label, count, about]) => ({ name, label, count, about });

function fitting(entries, typed) {
  const wanted = typed.toLowerCase().replace(/^</, "");
  const begins = [];
  const holds = [];
  for (const entry of entries) {
    const name = entry.name.toLowerCase().replace(/^</, "");
    const local = name.slice(name.indexOf(":") + 1);
    if (name.startsWith(wanted) || local.startsWith(wanted)) begins.push(entry);
    else if (wanted.length > 2 && (name.includes(wanted) || entry.label.toLowerCase().includes(wanted))) holds.push(entry);
  }
  return [...begins, ...holds].slice(0, MOST_HINTS);
}

function drawn(place, entry) {
  const part = (name, text) => {
    const made = document.createElement("span");
    made.className = name;
    made.textContent = text;
    return made;
  };
  if (entry.count) place.append(part("app-hint-count", entry.count.toLocaleString("en-GB")));
  place.append(part("app-hint-name", entry.name));
  if (entry.about || entry.label) place.append(part("app-hint-about", entry.about || entry.label));
}

// What is being written: a name that has begun, or an IRI. The editor's own tokens fall apart where a word is none yet.
const BEGUN = /(?:<[^\s<>]*|[\w-]*:?[\w.-]*)$/;

function written(yasqe) {
  const doc = yasqe.getDoc();
  const cursor = doc.getCursor();
  const line = doc.getLine(cursor.line).slice(0, cursor.ch);
  const typed = BEGUN.exec(line)[0];
  const start = { line: cursor.line, ch: cursor.ch - typed.length };
  const prior = doc.getRange({ line: Math.max(0, cursor.line - 20), ch: 0 }, start).trimEnd();
  return { typed, start, end: cursor, prior, isVariable: /[?$]$/.test(line.slice(0, start.ch)) };
}

// A completer of Yasqe gives texts; what belongs to them is put beside when the list is drawn.
function completer(name, entriesOf, isPlace) {
  const shown = new Map();
  return {
    name,
    bulk: false,
    autoShow: false,
    isValidCompletionPosition: (yasqe) => {
      const found = written(yasqe);
      return !found.isVariable && isPlace(found, yasqe);
    },
    get: async (yasqe) => {
      const entries = fitting(entriesOf(await known()), written(yasqe).typed);
      shown.clear();
      for (const entry of entries) shown.set(entry.name, entry);
      return entries.map((entry) => entry.name);
    },
    postProcessSuggestion: (yasqe, token, text) => text,
    postprocessHints: (yasqe, hints) => {
      const { start, end } = written(yasqe);
      return hints.map((hint) => ({
        ...hint,
        from: start,
        to: end,
        render: (place) => drawn(place, shown.get(hint.text)),
        hint: (_, data, chosen) => {
          const place = written(yasqe);
          yasqe.getDoc().replaceRange(chosen.text, place.start, place.end, "complete");
        },
      }));
    },
  };
}

// Our service knows its own prefixes, but the editor takes one that is not declared for a mistake, and so would others
// to whom the query is taken. So those that are used are declared.
const NO_NAMES = /<[^\s<>]*>|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#.*$/gm;

async function declare() {
  const { prefixes } = await known();
  const declared = editor.getPrefixesFromQuery();
  const used = editor.getValue().replace(NO_NAMES, " ").matchAll(/(?<![\w?$:.-])([A-Za-z][\w-]*):/g);
  for (const name of new Set([...used].map((found) => found[1])))
    if (Object.hasOwn(prefixes, name) && !Object.hasOwn(declared, name)) editor.addPrefixes({ [name]: prefixes[name] });
}

const isPrefixPlace = ({ prior }) => /\bPREFIX$/i.test(prior);
const isClassPlace = ({ prior }) => /(?:^|[\s;.{(])(?:a|rdf:type)$/.test(prior);
const isPropertyPlace = (found, yasqe) =>
  !isPrefixPlace(found) &&
  !isClassPlace(found) &&
  (/(?:[;/|^]|[?$]\w+)$/.test(found.prior) || yasqe.getCompleteToken().state.possibleCurrent.includes("a"));

// --- the editor ---

let editor;
let marked;

function edit() {
  const { Yasqe } = window;
  if (!Yasqe) return;
  const completers = [
    completer("our-prefixes", ({ prefixes }) => Object.entries(prefixes).map(([name, iri]) => ({ name: `${name}: <${iri}>`, label: "", count: 0, about: "" })), isPrefixPlace),
    completer("our-classes", ({ classes }) => classes.map(named), isClassPlace),
    completer("our-properties", ({ properties }) => properties.map(named), isPropertyPlace),
  ];
  for (const one of completers) Yasqe.registerAutocompleter(one, false);
  const few = (yasqe, hints) => hints.slice(0, MOST_HINTS);
  Yasqe.forkAutocompleter("variables", { name: "our-variables", autoShow: false, postprocessHints: few }, false);
  const place = document.createElement("div");
  place.className = "app-query__editor";
  area.before(place);
  const submit = () => form.requestSubmit();
  editor = new Yasqe(place, {
    value: area.value.replace(/\s+$/, "\n"),
    persistenceId: null,
    createShareableLink: null,
    consumeShareLink: null,
    showQueryButton: false,
    resizeable: false,
    editorHeight: "",
    lineNumbers: true,
    viewportMargin: Infinity,
    screenReaderLabel: "Query, in SPARQL",
    autocompleters: ["our-variables", ...completers.map((one) => one.name)],
    extraKeys: { Tab: false, "Shift-Tab": false, "Ctrl-Enter": submit, "Cmd-Enter": submit, "Ctrl-S": false, "Shift-Ctrl-F": false },
  });
  // Lines are measured again whenever the place for them changes, and once the styles are there.
  new ResizeObserver(() => editor.refresh()).observe(place);
  const field = place.querySelector("textarea");
  field.setAttribute("aria-describedby", "query-hint");
  // The text area goes on holding the query: it is what the form sends.
  area.hidden = true;
  document.querySelector("#query-label").addEventListener("click", () => editor.focus());
  // A line that comes above would close the list of completions: it waits until that is gone.
  let declaring;
  const later = () => {
    clearTimeout(declaring);
    declaring = setTimeout(() => (editor.state.completionActive ? later() : declare().catch(() => {})), PAUSE / 4);
  };
  editor.on("change", (_, change) => {
    area.value = editor.getValue();
    forget();
    address();
    if (change.text.join("").includes(":")) later();
  });
  declare().catch(() => {});
  editor.on("autocompletionShown", (_, widget) => widget.hints.setAttribute("aria-label", "Completions"));
  editor.on("inputRead", (_, change) => {
    if (/[\w:?$]$/.test(change.text.join("")) && !editor.state.completionActive) editor.autocomplete();
  });
  document.querySelector(".app-query__keys").hidden = false;
  const choose = document.querySelector("#switch");
  choose.hidden = false;
  choose.addEventListener("click", () => {
    const plain = area.hidden;
    area.hidden = !plain;
    place.hidden = plain;
    document.querySelector(".app-query__keys").hidden = plain;
    choose.textContent = plain ? "Use the editor" : "Use a plain text box";
    if (plain) {
      area.focus();
    } else {
      editor.setValue(area.value);
      editor.refresh();
      editor.focus();
    }
  });
}

function forget() {
  if (marked) marked.clear();
  marked = undefined;
}

// --- the address of what is written ---

function address() {
  const link = document.querySelector("#permalink");
  const found = area.value.trim() === original.text.trim() ? original.address : `/query?${new URLSearchParams({ query: area.value })}`;
  const fits = found.length <= LONGEST_ADDRESS;
  link.hidden = !fits;
  document.querySelector("#permalink-long").hidden = fits;
  if (fits) link.href = found;
  return fits ? found : "/query";
}

area.addEventListener("input", address);

// --- answers ---

let asking;

function show(page) {
  const answer = page.querySelector("#answer");
  if (!answer) throw new Error("no answer");
  document.querySelector("#answer").replaceWith(document.importNode(answer, true));
  document.title = page.title;
  dress();
  const heading = document.querySelector("#answer-heading");
  if (heading) {
    heading.focus({ preventScroll: true });
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.querySelector("#answer").scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
}

// What the design system and the editor do with an answer.
function dress() {
  for (const tabs of document.querySelectorAll("#answer [data-module=nhsuk-tabs]:not([data-nhsuk-tabs-init])")) new Tabs(tabs);
  const downloads = document.querySelector("#answer .app-result__to-downloads");
  if (downloads) downloads.addEventListener("click", () => document.querySelector("[href='#answer-downloads'].nhsuk-tabs__tab").click());
  const place = document.querySelector("#go-there");
  if (!place || !editor) return;
  const line = Number(place.dataset.line) - 1;
  // A query that ends too early is marked at its last letter.
  const last = Math.max(0, (editor.getDoc().getLine(line) ?? "").length - 1);
  const at = { line, ch: Math.min(Number(place.dataset.column) - 1, last) };
  forget();
  marked = editor.getDoc().markText(at, { line: at.line, ch: at.ch + 1 }, { className: "app-wrong-place" });
  place.addEventListener("click", (event) => {
    if (area.hidden) {
      event.preventDefault();
      editor.focus();
      editor.getDoc().setCursor(at);
      editor.scrollIntoView(at, 60);
    } else {
      const lines = area.value.split("\n").slice(0, at.line);
      const start = lines.reduce((sum, line) => sum + line.length + 1, 0) + at.ch;
      area.setSelectionRange(start, start + 1);
    }
  });
}

function failed(text) {
  const answer = document.querySelector("#answer");
  const heading = document.createElement("h2");
  const words = document.createElement("p");
  heading.id = "answer-heading";
  heading.tabIndex = -1;
  heading.textContent = "No answer came";
  words.textContent = text;
  answer.setAttribute("aria-labelledby", heading.id);
  answer.replaceChildren(heading, words);
  heading.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  const { signal } = mine;
  const slow = setTimeout(() => (status.textContent = "Still running. Long queries are stopped after a while."), 3 * PAUSE);
  const stoppable = setTimeout(() => (stop.hidden = false), PAUSE / 3);
  status.textContent = "Running";
  run.setAttribute("aria-disabled", "true");
  document.querySelector("#answer").setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/query", {
      method: "POST",
      headers: { Accept: "text/html" },
      body: new URLSearchParams(new FormData(form)),
      signal,
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    show(page);
    history.replaceState(null, "", address());
  } catch {
    if (mine !== asking) return;
    failed(signal.aborted ? "You stopped the query." : "The service cannot be reached, or it answered something else. Try again in a moment.");
  } finally {
    clearTimeout(slow);
    clearTimeout(stoppable);
    if (mine === asking) {
      asking = undefined;
      status.textContent = "";
      stop.hidden = true;
      run.removeAttribute("aria-disabled");
      document.querySelector("#answer").removeAttribute("aria-busy");
    }
  }
});

stop.addEventListener("click", () => {
  if (asking) asking.abort();
  run.focus();
});

edit();
dress();
