// An action named in the address (/orders/…#ship) is opened on arrival; its first field gets the focus when it opens.
const arrive = () => {
  const wanted = location.hash && document.getElementById(location.hash.slice(1));
  if (!(wanted instanceof HTMLDetailsElement)) return;
  wanted.open = true;
  wanted.scrollIntoView({ block: "nearest" });
};
addEventListener("hashchange", arrive);
arrive();
for (const action of document.querySelectorAll("details.action")) {
  action.addEventListener("toggle", () => {
    if (action.open) action.querySelector("form input:not([type=hidden]), form select, form textarea")?.focus();
  });
}
