// Keyboard first: "/" goes to the search field, a letter on hover runs an action, a click on a row opens it.
const typing = (target) => target.closest("input, select, textarea, [contenteditable]");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-search]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
    return;
  }
  const action = document.querySelector(`[data-letter="${CSS.escape(event.key.toLowerCase())}"]`);
  if (action) { event.preventDefault(); action.click(); }
});

for (const row of document.querySelectorAll("tr[data-href]")) {
  row.addEventListener("click", (event) => {
    if (event.target.closest("a, button, input, label, select")) return;
    location.href = row.dataset.href;
  });
}
