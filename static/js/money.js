// Shows what is left on the chosen line, and what would be left, while an amount is typed.
"use strict";

(() => {
  const line = document.getElementById("id_line");
  const amount = document.getElementById("id_amount_won");
  const act = document.getElementById("id_act");
  const shown = document.getElementById("left");
  if (!line || !amount || !shown) return;
  const binds = new Set(["commitment", "spend"]);
  let known = null;
  const won = (value) => `${value < 0 ? "△" : ""}${Math.abs(value).toLocaleString("ko-KR")}원`;
  const typed = () => Number(amount.value.replace(/[\s,원]/g, "")) || 0;
  const say = () => {
    if (known === null) return;
    const rest = known.left - (binds.has(act.value) ? typed() : 0);
    const text = `예산현액 ${won(known.current)}, 원인행위 ${won(known.committed)}, 남은 금액 ${won(known.left)}`;
    const after = binds.has(act.value) && typed() ? ` → 기록하면 ${won(rest)}` : "";
    const note = document.createElement("p");
    note.textContent = text + after;
    note.className = rest < 0 ? "errornote" : "help";
    shown.replaceChildren(note);
  };
  const ask = async () => {
    if (!line.value) return;
    try {
      const answer = await fetch(`${shown.dataset.url}?line=${line.value}`);
      known = answer.ok ? await answer.json() : null;
    } catch {
      known = null;
    }
    say();
  };
  line.addEventListener("change", ask);
  act.addEventListener("change", say);
  amount.addEventListener("input", say);
  ask();
})();
