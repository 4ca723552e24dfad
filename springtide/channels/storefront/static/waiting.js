// Looks again while a payment is being confirmed, without reloading what is read. Without script the page reloads.
const box = document.querySelector("[data-look-again]");
const every = Number(box.dataset.every) * 1000;

async function look() {
  const answer = await fetch(box.dataset.lookAgain, { cache: "no-store" }).catch(() => null);
  if (answer && answer.redirected) { location.replace(answer.url); return; }
  if (answer && answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-look-again]");
    if (now && now.textContent.trim() !== box.textContent.trim()) box.replaceChildren(...now.childNodes);
  }
  setTimeout(look, every);
}
setTimeout(look, every);
