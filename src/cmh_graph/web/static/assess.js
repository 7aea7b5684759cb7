// Answers stay in this browser only if the person ticks it. Everything else works without this script.
const PLACE = "cmh-assess:";

function stored(role) {
  try {
    return localStorage.getItem(PLACE + role);
  } catch {
    // The browser keeps nothing for pages: then neither do we.
    return null;
  }
}

function store(role, file) {
  try {
    if (file === null) localStorage.removeItem(PLACE + role);
    else localStorage.setItem(PLACE + role, file);
    return true;
  } catch {
    return false;
  }
}

for (const place of document.querySelectorAll("[data-assess-keep]")) {
  const role = place.dataset.assessKeep;
  const box = place.querySelector("input");
  const told = place.querySelector("[role=status]");
  place.hidden = false;
  box.checked = stored(role) !== null;
  if (box.checked) store(role, place.dataset.file);
  box.addEventListener("change", () => {
    if (!box.checked) {
      store(role, null);
      told.textContent = "Forgotten. Nothing of this role is in this browser any more.";
    } else if (store(role, place.dataset.file)) {
      told.textContent = "Kept up to the page before this one, and from now on with each step. Whoever uses this browser can see it.";
    } else {
      box.checked = false;
      told.textContent = "This browser keeps nothing for pages. Save your answers as a file instead.";
    }
  });
}

for (const place of document.querySelectorAll("[data-assess-continue]")) {
  const role = place.dataset.assessContinue;
  const file = stored(role);
  if (file === null) continue;
  const form = place.closest("form");
  const [go, forget] = place.querySelectorAll("button");
  place.hidden = false;
  go.addEventListener("click", () => {
    form.elements.file.value = file;
    form.querySelector("[name=go][value='1']").click();
  });
  forget.addEventListener("click", () => {
    store(role, null);
    place.hidden = true;
    form.querySelector("[name=go][value='1']").focus();
  });
}
