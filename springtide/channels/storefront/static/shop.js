// The cart's count on pages that are the same for everybody, and suggestions while typing. The shop works without both.
for (const link of document.querySelectorAll("[data-cart-count]")) {
  const name = `${link.dataset.cartCount}=`;
  const found = document.cookie.split("; ").find((part) => part.startsWith(name));
  const badge = link.querySelector(".badge");
  if (found && badge && !badge.textContent) badge.textContent = found.slice(name.length);
}

const field = document.querySelector("[data-suggest]");
if (field) suggestFor(field);

function suggestFor(input) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggestLabel);
  input.form.append(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  let asked = "";
  let timer = 0;
  let at = -1;

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) { at = -1; input.removeAttribute("aria-activedescendant"); }
  };
  const ask = async () => {
    const text = input.value.trim();
    asked = text;
    if (text.length < 2) return show(false);
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`).catch(() => null);
    if (!answer || !answer.ok || asked !== text) return;
    const lines = (await answer.json()).slice(0, 10);
    list.replaceChildren(...lines.map((line, index) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = `suggestion-${index}`;
      const link = document.createElement("a");
      link.href = line.href;
      link.tabIndex = -1;
      link.textContent = line.text;
      item.append(link);
      return item;
    }));
    at = -1;
    show(lines.length > 0);
  };
  const choose = (step) => {
    const items = [...list.children];
    if (!items.length) return;
    at = (at + step + items.length) % items.length;
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    input.setAttribute("aria-activedescendant", items[at].id);
  };

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); choose(-1); }
    else if (event.key === "Escape") show(false);
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); list.children[at].querySelector("a").click(); }
  });
  input.addEventListener("blur", () => setTimeout(() => show(false), 150));
}

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  field?.focus();
});
