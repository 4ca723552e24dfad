// Forms: the error list gets the focus; a form goes out once; `data-auto` sends on change; `data-key` forms on cached
// pages get their idempotency key here, because a page that is the same for everybody cannot carry one.
const summary = document.querySelector(".error-summary");
if (summary) summary.focus();

for (const form of document.querySelectorAll("form[method=post]")) {
  const name = form.dataset.key;
  if (name) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: newKey() });
    form.append(field);
  }
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// A page that comes back from the browser's memory may be sent again: as a new wish, so with a new key.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    if (form.dataset.key) form.elements[form.dataset.key].value = newKey();
  }
});

for (const field of document.querySelectorAll("[data-auto]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
for (const button of document.querySelectorAll("[data-auto-replaces]")) button.hidden = true;

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
