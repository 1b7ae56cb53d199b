// Suggests schools while a name is typed. The form works without it: the server asks back when a name is unclear.
for (const field of document.querySelectorAll("[data-school-search]")) {
  const list = document.createElement("datalist");
  list.id = `${field.id}_list`;
  field.after(list);
  field.setAttribute("list", list.id);
  let asked = "";
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = field.value.trim();
      if (typed.length < 2 || typed === asked) return;
      asked = typed;
      const answer = await fetch(`/accounts/me/schools/?q=${encodeURIComponent(typed)}`);
      if (!answer.ok) return;
      const { schools } = await answer.json();
      list.replaceChildren(...schools.map(({ name, label }) => {
        const option = document.createElement("option");
        option.value = name;
        option.label = label;
        return option;
      }));
    }, 250);
  });
}
