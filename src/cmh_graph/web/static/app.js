// The design system's own behaviour: the menu that folds on narrow screens, error summaries.
import { initAll } from "./nhsuk-frontend.js";
import "./accessible-autocomplete.js";

initAll();

// Search as you type: a combobox (WAI-ARIA) in place of the field of each search form. Without it the form still works.
const KINDS = { role: "role", skill: "skill" };
const PAUSE = 120;
const escaped = (text) => {
  const holder = document.createElement("i");
  holder.textContent = text;
  return holder.innerHTML;
};
const addressOf = (found) => (found.kind === "band" ? `/vocab/band/${found.key}` : `/${found.kind}/${found.key}`);
const inWords = (found) => (typeof found === "string" ? found : found ? found.label : "");

function suggest(place) {
  const field = place.querySelector("input");
  const { id, value, className, placeholder } = field;
  const form = field.form;
  let asked;
  let timer;
  field.remove();
  window.accessibleAutocomplete({
    element: place,
    id,
    name: "q",
    defaultValue: value,
    placeholder,
    minLength: 2,
    autoselect: false,
    confirmOnBlur: false,
    displayMenu: "overlay",
    showNoOptionsFound: false,
    inputClasses: className,
    menuAttributes: { "aria-label": "Suggestions" },
    templates: {
      inputValue: inWords,
      suggestion: (found) =>
        typeof found === "string"
          ? escaped(found)
          : `<span>${escaped(found.label)}</span> <span class="app-suggestion-kind">${escaped(KINDS[found.kind] || found.kind.replace("-", " "))}${
              found.matched.toLowerCase() !== found.label.toLowerCase() ? `, found as “${escaped(found.matched)}”` : ""
            }</span>`,
    },
    tStatusSelectedOption: (found, length, index) => `${inWords(found)}, ${index + 1} of ${length}`,
    source: (text, show) => {
      clearTimeout(timer);
      if (asked) asked.abort();
      asked = new AbortController();
      const { signal } = asked;
      timer = setTimeout(() => {
        fetch(`/v1/search?limit=8&q=${encodeURIComponent(text.slice(0, 200))}`, { signal })
          .then((answer) => (answer.ok ? answer.json() : { items: [] }))
          .then((page) => show(page.items))
          .catch(() => {
            // Slow or broken: no suggestions, and the form still searches.
            if (!signal.aborted) show([]);
          });
      }, PAUSE);
    },
    onConfirm: (found) => {
      if (found && found.key) window.location.assign(addressOf(found));
    },
  });
  const input = place.querySelector("input");
  // Escape closes the list; in a field of type search it would take the text away as well.
  input.enterKeyHint = "search";
  // Enter with nothing chosen searches for what was typed.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || place.querySelector("[role=option][aria-selected=true]")) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

for (const place of document.querySelectorAll("[data-suggest]")) suggest(place);
