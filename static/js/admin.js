// Gives the admin's search boxes (select2) the names that their labels show.
"use strict";

(() => {
  const name = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete[id]")) {
      const box = select.nextElementSibling?.querySelector?.(".select2-selection");
      const label = document.querySelector(`label[for="${select.id}"]`);
      if (!box || !label) continue;
      label.id ||= `${select.id}_label`;
      const shown = box.querySelector(".select2-selection__rendered");
      for (const part of shown ? [box, shown] : [box]) {
        part.setAttribute("aria-labelledby", shown?.id ? `${label.id} ${shown.id}` : label.id);
      }
    }
  };
  addEventListener("load", name);
  document.addEventListener("formset:added", () => setTimeout(name));
})();
