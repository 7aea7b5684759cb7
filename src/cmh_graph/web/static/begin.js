// Before anything is drawn: say that scripts work, so that the stylesheet can show what needs them.
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("nhsuk-frontend-supported");
