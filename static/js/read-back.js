// Reads a rule set back in sentences while it is typed; nothing is saved.
(() => {
  const said = document.querySelector("[data-read-back]");
  const form = document.querySelector("#ruleset_form");
  if (!said || !form) return;
  let waiting;
  const ask = async () => {
    const typed = new FormData(form);
    typed.set("of", said.dataset.of);
    const answer = await fetch(said.dataset.readBack, { method: "POST", body: typed });
    if (answer.ok) said.innerHTML = await answer.text();
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 400);
  });
})();
