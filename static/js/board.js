// The board looks again by itself, keeps the focus where it was, and says in one sentence what changed.
"use strict";

(() => {
  const board = document.getElementById("board");
  const news = document.getElementById("board-news");
  if (!board) return;
  document.querySelector(".board-script")?.removeAttribute("hidden");
  let etag = board.dataset.etag;

  const cells = (root) => new Map([...root.querySelectorAll(".cell[id]")].map((cell) => [cell.id, cell]));
  const shape = (root) => [...root.querySelectorAll("tbody tr, thead th, .cell")].map((e) => e.id || e.textContent.trim()).join("|");
  const said = (changed) => changed.slice(0, 3).join(". ") + (changed.length > 3 ? ` 외 ${changed.length - 3}건` : "");

  const refocus = (id) => id && document.getElementById(id)?.focus({ preventScroll: true });

  const take = (html) => {
    const fresh = document.createElement("div");
    fresh.innerHTML = html;
    const before = cells(board);
    const after = cells(fresh);
    const focused = board.contains(document.activeElement) ? document.activeElement.id : "";
    const home = document.activeElement.closest?.(".cell")?.id;
    const changed = [...after].filter(([id, cell]) => before.get(id)?.outerHTML !== cell.outerHTML);
    const gone = [...before.keys()].filter((id) => !after.has(id));
    const names = changed.map(([, cell]) => cell.dataset.news);
    const bare = (root) => { const copy = root.cloneNode(true); copy.querySelectorAll(".cell").forEach((c) => c.replaceChildren()); return shape(copy); };
    if (!gone.length && bare(board) === bare(fresh)) {  // the same table: only what changed is exchanged
      for (const [id, cell] of changed) before.get(id).replaceWith(cell);
      const counts = fresh.querySelector(".board-counts");
      if (counts) board.querySelector(".board-counts")?.replaceWith(counts);
    } else {
      const wrap = board.querySelector(".board-wrap");
      const [left, top] = [wrap?.scrollLeft ?? 0, window.scrollY];
      board.replaceChildren(...fresh.childNodes);
      if (board.querySelector(".board-wrap")) board.querySelector(".board-wrap").scrollLeft = left;
      window.scrollTo({ top });
    }
    if (focused && document.activeElement.id !== focused) {
      refocus(document.getElementById(focused) ? focused : home);
    }
    if (names.length) news.textContent = `상담표가 바뀌었습니다. ${said(names)}`;
  };

  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(board.dataset.live, {
        headers: { "If-None-Match": etag, "X-Background": "1" }, cache: "no-store", redirect: "manual",
      });
      if (answer.status !== 200) return;
      etag = answer.headers.get("ETag") ?? etag;
      take(await answer.text());
    } catch { /* the line is down; the next look will tell */ }
  };
  setInterval(look, 1000 * Number(board.dataset.seconds));
  document.addEventListener("visibilitychange", look);

  // Shift and an arrow turn the day; an arrow alone, inside a cell, goes to the cell beside it.
  const beside = (cell, key) => {
    const td = cell.closest("td");
    const row = td.parentElement;
    const column = [...row.children].indexOf(td);
    const step = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    const controls = (box) => box?.querySelector(".cell :is(a, button)");
    if (key === "ArrowLeft" || key === "ArrowRight") {
      for (let n = column + step; n > 0 && n < row.children.length; n += step) if (controls(row.children[n])) return controls(row.children[n]);
      return null;
    }
    for (let next = row; (next = step > 0 ? next.nextElementSibling : next.previousElementSibling);) if (controls(next.children[column])) return controls(next.children[column]);
    return null;
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !event.key.startsWith("Arrow")) return;
    const at = document.activeElement;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(at?.tagName)) return;
    if (event.shiftKey) {
      const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
      if (rel) document.querySelector(`.board-days a[rel=${rel}]`)?.click();
      return;
    }
    const cell = at?.closest?.(".board .cell");
    const target = cell && beside(cell, event.key);
    if (target) { event.preventDefault(); target.focus(); }
  });
})();
