// Keeps the board up to date: each event brings the whole board, drawn by the server. Where no stream can be had (too many
// screens, a proxy in between), the board is fetched again and again, as the page without script does.
const board = document.getElementById("board");
const lost = document.getElementById("lost");
const reloadMs = Number(board.dataset.reload) * 1000;
let heard = Date.now();

const show = (html) => { board.innerHTML = html; heard = Date.now(); lost.hidden = true; };

const stream = new EventSource(board.dataset.stream);
stream.onmessage = (event) => show(event.data);

const fetchBoard = async () => {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer) return;
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("board");
  if (fresh) show(fresh.innerHTML);
};

setInterval(() => {
  if (Date.now() - heard > 2 * reloadMs) lost.hidden = false;
  if (stream.readyState !== EventSource.OPEN) fetchBoard();
}, reloadMs);
