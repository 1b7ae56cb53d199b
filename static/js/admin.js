// Names what Django's admin leaves nameless: search boxes (select2) and the inputs in tables of rows.
"use strict";

(() => {
  const boxes = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete[id]")) {
      const box = select.nextElementSibling?.querySelector(".select2-selection");
      const label = document.querySelector(`label[for="${select.id}"]`);
      if (!box || !label) continue;
      label.id ||= `${select.id}_label`;
      const shown = box.querySelector(".select2-selection__rendered");
      box.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", label.id);
      for (const part of [box, shown]) part?.setAttribute("aria-labelledby", `${label.id} ${shown?.id ?? ""}`.trim());
    }
  };
  const cells = () => {
    for (const table of document.querySelectorAll(".tabular.inline-related table")) {
      const heads = new Map([...table.querySelectorAll("thead th")].map((th) =>
        [[...th.classList].find((name) => name.startsWith("column-"))?.slice(7), th.textContent.trim()]));
      for (const input of table.querySelectorAll("td :is(input, select, textarea):not([type=hidden], [aria-label])")) {
        const field = [...input.closest("td").classList].find((name) => name.startsWith("field-"))?.slice(6);
        if (heads.get(field) && !input.labels?.length) input.setAttribute("aria-label", heads.get(field));
      }
    }
  };
  const name = () => { boxes(); cells(); };

  if (window.django?.jQuery) window.django.jQuery(name);  // after select2 has drawn its boxes
  else name();
  document.addEventListener("formset:added", () => setTimeout(name));
})();
