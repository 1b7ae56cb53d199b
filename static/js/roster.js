// Marks are kept in this browser until the centre has them, each with a key and the moment it was made.
// Only numbers are kept, no names. Without this script every button is an ordinary form.
"use strict";

(() => {
  const form = document.getElementById("roster");
  const news = document.getElementById("roster-news");
  if (!form?.dataset.send || !window.localStorage) return;
  const mine = form.dataset.keep.split(":").slice(0, 2).join(":") + ":";

  const kept = (name) => JSON.parse(localStorage.getItem(name) ?? "null") ?? { send: form.dataset.send, entries: [] };
  const keep = (name, queue) => queue.entries.length ? localStorage.setItem(name, JSON.stringify(queue)) : localStorage.removeItem(name);
  const queues = () => Object.keys(localStorage).filter((name) => name.startsWith(mine));
  const uuid = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (+c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (+c / 4)))).toString(16));

  const show = ({ who, status, heads }, sent) => {
    const row = document.getElementById(who);
    if (!row) return;
    let label = "";
    for (const button of row.querySelectorAll("button[name=mark]")) {
      const pressed = button.value === `${who}:${status}`;
      button.setAttribute("aria-pressed", String(pressed));
      if (pressed) label = heads === undefined ? button.textContent : `${heads}명`;
    }
    row.querySelector(".roster-now").textContent = label + (sent ? "" : " · 보내는 중");
  };

  const tell = (problem = "") => {
    const waiting = queues().reduce((sum, name) => sum + kept(name).entries.length, 0);
    news.textContent = problem || (waiting ? `아직 보내지 못한 표시 ${waiting}건. 인터넷이 이어지면 보냅니다.` : "");
  };

  let busy = false;
  const flush = async () => {
    if (busy) return;
    busy = true;
    let problem = "";
    for (const name of queues()) {
      const queue = kept(name);
      try {
        const now = Date.now();
        const entries = queue.entries.map(({ at, ...entry }) => ({ ...entry, age: now - at }));
        const answer = await fetch(queue.send, {
          method: "POST", redirect: "manual", body: JSON.stringify({ entries }),
          headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
        });
        if (answer.status !== 200) {
          problem = answer.status >= 500 ? "" : "로그인이 끝났거나 화면이 오래되었습니다. 새로 고쳐 로그인하면 표시를 이어서 보냅니다.";
          continue;
        }
        const { taken, refused, withdrawn } = await answer.json();
        for (const entry of queue.entries) {
          if (refused[entry.key]) {
            problem = refused[entry.key];
            const row = document.getElementById(entry.who);
            if (row) row.querySelector(".roster-now").textContent = "적지 못함";
          } else if (name === form.dataset.keep) show(entry, true);
        }
        if (withdrawn) problem = `출석이 바뀌어 발급한 문서 ${withdrawn}건을 회수했습니다.`;
        const rest = kept(name);
        keep(name, { ...rest, entries: rest.entries.filter((entry) => !taken.includes(entry.key)) });
      } catch { /* the net is away; the marks stay here */ }
    }
    busy = false;
    tell(problem);
  };

  form.addEventListener("submit", (event) => {
    const [who, status] = (event.submitter?.value ?? "").split(":");
    if (!status || who === "all" || form.elements.why?.value) return;  // these go the ordinary way
    const field = form.elements[`heads-${who}`];
    if (field && !field.reportValidity()) return event.preventDefault();
    event.preventDefault();
    const entry = { key: uuid(), who, status, at: Date.now(), ...(field ? { heads: Number(field.value) } : {}) };
    const queue = kept(form.dataset.keep);
    keep(form.dataset.keep, { send: form.dataset.send, entries: [...queue.entries, entry] });
    show(entry, false);
    flush();
  });

  for (const entry of kept(form.dataset.keep).entries) show(entry, false);
  addEventListener("online", flush);
  setInterval(() => queues().length && flush(), 15_000);
  flush();
})();
