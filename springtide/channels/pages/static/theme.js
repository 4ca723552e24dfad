// The buyer's or colleague's own choice of light or dark, kept in this browser. Loaded before the first paint.
(() => {
  const key = "theme";
  const root = document.documentElement;
  const apply = (choice) => {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
  };
  const read = () => { try { return localStorage.getItem(key) || "auto"; } catch { return "auto"; } };
  apply(read());
  addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll("[data-theme-choice]")) {
      box.hidden = false;
      const select = box.querySelector("select");
      select.value = read();
      select.addEventListener("change", () => {
        try { localStorage.setItem(key, select.value); } catch { /* private windows keep nothing: the choice lasts for this page */ }
        apply(select.value);
      });
    }
  });
})();
