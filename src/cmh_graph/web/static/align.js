// The pages below /align: what is quicker with scripts. Every form works without them.

// A list that is too large is told before it is sent.
const give = document.querySelector("#give");
if (give) {
  give.addEventListener("submit", (event) => {
    const field = give.querySelector("input[type=file]");
    const file = field.files[0];
    field.setCustomValidity("");
    if (file && file.size > Number(give.dataset.most)) {
      event.preventDefault();
      field.setCustomValidity(`This file is larger than the ${give.dataset.mostWords} that we take.`);
      field.reportValidity();
    }
  });
  give.querySelector("input[type=file]").addEventListener("change", (event) => event.target.setCustomValidity(""));
}

// Who speaks to the machine says what is seen on the button (WCAG 2.5.3): its name has no commas that are not seen.
const drop = document.querySelector(".nhsuk-file-upload__drop-button");
if (drop) {
  drop.setAttribute("aria-labelledby", `file-label ${drop.id}`);
  for (const comma of drop.querySelectorAll(".nhsuk-u-visually-hidden")) comma.remove();
}

// How far a list is.
const watched = document.querySelector("[data-watch]");
if (watched) {
  const bar = watched.querySelector("progress");
  const words = watched.querySelector("[data-said]");
  const PAUSE = 700;
  const LONGEST = 10000;
  let pause = PAUSE;
  const look = async () => {
    try {
      const answer = await fetch(watched.dataset.watch, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      const found = await answer.json();
      if (found.next) {
        window.location.replace(found.next);
        return;
      }
      if (found.step !== watched.dataset.step) {
        window.location.reload();
        return;
      }
      if (found.of) {
        bar.max = found.of;
        bar.value = found.done;
      }
      if (words.textContent !== found.said) words.textContent = found.said;
      pause = PAUSE;
    } catch {
      // The service is away for a moment: ask less often, and say so.
      pause = Math.min(pause * 2, LONGEST);
      words.textContent = "The service does not answer. Your list is kept; this page goes on trying.";
    }
    setTimeout(look, pause);
  };
  setTimeout(look, PAUSE);
}

// Decisions by keyboard: keys of cmh-graph review, only while a question has the focus (WCAG 2.1.4).
const questions = [...document.querySelectorAll("[data-question]")];
const keys = document.querySelector("[data-keys]");
const focus = (question) => {
  if (!question) return;
  question.focus({ preventScroll: true });
  // What came of the last decision stands above the question.
  const before = question.previousElementSibling;
  (before && before.matches(".app-notice") ? before : question).scrollIntoView({ block: "start" });
};
const open = (question, field) => {
  const more = question.querySelector("[data-more]");
  more.open = true;
  more.querySelector(field).focus();
};
const accept = (question, relation) => {
  const button = question.querySelector("button[data-key='1']");
  if (!button) return open(question, "[data-other]");
  if (relation) question.querySelector("[data-relation]").value = relation;
  return button.click();
};
const acts = {
  a: (question) => accept(question, ""),
  e: (question) => accept(question, "exact"),
  c: (question) => accept(question, "close"),
  o: (question) => open(question, "[data-other]"),
  r: (question) => open(question, "[data-reason]"),
  u: () => document.querySelector("[data-undo]")?.click(),
  j: (question) => focus(questions[questions.indexOf(question) + 1]),
  k: (question) => focus(questions[questions.indexOf(question) - 1]),
};
let sent = false;
for (const question of questions) {
  question.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest("input, select, textarea");
    if (field) {
      // In the field of another role the enter key means the button below it.
      if (event.key === "Enter" && field.matches("[data-other], [data-reason]")) {
        event.preventDefault();
        if (field.matches("[data-other]")) question.querySelector("[data-key-other]").click();
        else question.focus();
      }
      if (event.key === "Escape") question.focus();
      return;
    }
    if (sent) return;
    const key = event.key.toLowerCase();
    if (acts[key]) {
      event.preventDefault();
      acts[key](question);
    } else if (/^[1-9a-z]$/.test(key)) {
      const button = question.querySelector(`button[data-key="${key}"]`);
      if (button) {
        event.preventDefault();
        button.click();
      }
    }
  });
  // A key held down, or pressed twice, decides once.
  question.querySelector("form").addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}
window.addEventListener("pageshow", () => {
  sent = false;
});
if (questions.length) {
  keys.hidden = false;
  keys.querySelector("[data-begin]").addEventListener("click", () => focus(questions[0]));
  const wanted = document.getElementById(window.location.hash.slice(1));
  if (wanted && wanted.matches("[data-question]")) focus(wanted);
}
