// Folds questions that the answers so far do not lead to. The server decides; this only tidies the page.
"use strict";

(() => {
  const form = document.querySelector("[data-questionnaire]");
  if (!form) return;
  const boxes = [...form.querySelectorAll("[data-asked-when]")];
  const rules = new Map(boxes.map((box) => [box, JSON.parse(box.dataset.askedWhen)]));

  const folded = (control) => control.closest("[data-asked-when][hidden]");
  const answers = (name) => {
    const controls = [...form.elements].filter((control) => control.name === name || control.name === `${name}_0` || control.name === `${name}_1`);
    return controls
      .filter((control) => !folded(control) && (!/^(radio|checkbox)$/.test(control.type) || control.checked))
      .map((control) => control.value.trim())
      .filter(Boolean);
  };
  const fold = () => {
    for (const box of boxes) { // in the order of the page: a condition looks back only
      const { name, values } = rules.get(box);
      const given = answers(name);
      box.hidden = !(values ? given.some((value) => values.includes(value)) : given.length);
    }
  };

  form.addEventListener("input", fold);
  form.addEventListener("change", fold);
  form.classList.add("is-folding");
  fold();
})();
