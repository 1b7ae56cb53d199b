// Wires allauth's WebAuthn helpers to the buttons of our pages, and says it in words when a key was not used.
document.addEventListener("DOMContentLoaded", () => {
  const forms = window.allauth.webauthn.forms;
  for (const button of document.querySelectorAll("[data-security-key]")) {
    const kind = button.dataset.securityKey;
    const ids = { credential: button.dataset.credential, data: "js_data", [kind]: button.id };
    forms[kind === "add" ? "addForm" : "authenticateForm"]({ ids });
    button.hidden = false;
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    for (const place of document.querySelectorAll("[data-security-key-error]")) place.hidden = false;
  });
});
