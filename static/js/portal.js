// Makes pages nicer; every one of them works without it.
"use strict";

(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);

  // Menus: close on Escape and on a press elsewhere; on narrow screens the link becomes a switch.
  const menus = all(".site-nav details, [data-popover]");
  const wide = matchMedia("(min-width: 64em)");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = menus.find((menu) => menu.open && (menu.contains(document.activeElement) || wide.matches));
    if (!open) return;
    open.open = false;
    one("summary", open).focus();
  });
  document.addEventListener("click", (event) => {
    for (const menu of menus) {
      const closes = menu.matches("[data-popover]") || wide.matches;
      if (closes && !menu.contains(event.target)) menu.open = false;
    }
  });

  const nav = one("#site-menu");
  const toggle = one("[data-menu-toggle]");
  if (nav && toggle) {
    const show = (open) => {
      nav.classList.toggle("is-open", open);
      toggle.setAttribute("aria-expanded", open);
    };
    toggle.setAttribute("role", "button");
    toggle.setAttribute("aria-controls", nav.id);
    show(location.hash === "#site-menu");
    toggle.addEventListener("click", (event) => {
      event.preventDefault();
      show(!nav.classList.contains("is-open"));
    });
    toggle.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); toggle.click(); }
    });
    one("[data-menu-close]")?.addEventListener("click", (event) => {
      event.preventDefault();
      show(false);
      toggle.focus();
    });
  }

  // Display switch: the same cookie as krds.display writes, without loading the page again.
  one("[data-display]")?.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    root.dataset[button.name] = button.value;
    for (const other of all(`button[name="${button.name}"]`, event.target)) {
      other.setAttribute("aria-pressed", other === button);
    }
    const secure = location.protocol === "https:" ? "; Secure" : "";
    const value = `${root.dataset.contrast || ""}.${root.dataset.text || ""}`;
    document.cookie = `display=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  });

  // Errors: the summary takes the focus, so that a screen reader starts there.
  one("[data-error-summary]")?.focus();

  // One press is one request. Coming back to a kept page wakes its buttons again, and so do a few
  // seconds on a page that stayed, as it does after a download.
  const wake = (form) => {
    delete form.dataset.sent;
    for (const button of all("[aria-disabled]", form)) button.removeAttribute("aria-disabled");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    for (const button of all("button:not([type=button])", form)) button.setAttribute("aria-disabled", "true");
    setTimeout(wake, 8000, form);
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach(wake));

  // Passwords can be looked at.
  for (const input of all("input[data-show]")) {
    const button = document.createElement("button");
    const box = document.createElement("div");
    const reveal = (shown) => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? input.dataset.hide : input.dataset.show;
    };
    button.type = "button";
    button.className = "button button-small";
    button.addEventListener("click", () => reveal(input.type === "password"));
    box.className = "reveal";
    input.replaceWith(box);
    box.append(input, button);
    reveal(false);
    input.form?.addEventListener("submit", () => reveal(false));
  }

  // Idle log-out: warn in time, and let one press go on. All tabs share the latest end.
  const dialog = one("#idle-dialog");
  if (dialog) {
    const warn = Number(dialog.dataset.warn) * 1000;
    const left = one("[data-idle-left]", dialog);
    const key = "portal-session-ends";
    let own = 0;
    const keep = (seconds) => {
      own = Date.now() + seconds * 1000;
      try { localStorage.setItem(key, own); } catch { /* private browsing: this tab alone */ }
    };
    const end = () => {
      try { return Number(localStorage.getItem(key)) || own; } catch { return own; }
    };
    keep(Number(dialog.dataset.idle));
    const tick = () => {
      const remaining = end() - Date.now();
      if (remaining <= 0) { location.reload(); return; }
      if (remaining > warn) {
        if (dialog.open) dialog.close();
        return;
      }
      const minutes = Math.ceil(remaining / 60000);
      const text = minutes > 1 ? left.dataset.minutes.replace("0", minutes) : left.dataset.last;
      if (left.textContent !== text) left.textContent = text;
      if (!dialog.open) dialog.showModal();
    };
    setInterval(tick, 5000);
    document.addEventListener("visibilitychange", tick);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    one("[data-idle-extend]", dialog).addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = event.target;
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      if (!answer.headers.get("Content-Type")?.includes("json")) { location.reload(); return; }
      keep((await answer.json()).left);
      dialog.close();
    });
  }
})();
