// Weighs a text message while it is typed, as phones do: ASCII is one byte, everything else two (cp949).
(() => {
  const field = document.querySelector("[data-weigh]");
  if (!field) return;
  const sample = JSON.parse(field.dataset.weigh);
  const [short, long] = field.dataset.limits.split(",").map(Number);
  const scale = document.createElement("p");
  scale.className = "help";
  scale.setAttribute("role", "status");
  field.insertAdjacentElement("afterend", scale);

  const weigh = () => {
    const text = field.value.replace(/#\{([^{}]+)\}/g, (whole, name) => sample[name] ?? whole);
    const size = [...text.normalize("NFC")].reduce((sum, letter) => sum + (letter < "\u0080" ? 1 : 2), 0);
    const price = size > long ? "너무 깁니다" : size > short ? "장문(LMS)" : "단문(SMS)";
    scale.textContent = `예시를 넣어 ${size.toLocaleString("ko")}바이트 · ${price}`;
  };
  field.addEventListener("input", weigh);
  weigh();
})();
