// The progress of long work looks again by itself and says each tenth part in words.
"use strict";

(() => {
  const work = document.getElementById("work");
  const news = document.getElementById("work-news");
  if (!work?.dataset.live) return;
  let told = "";

  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(work.dataset.live, { headers: { "X-Background": "1" }, cache: "no-store", redirect: "manual" });
      if (answer.status !== 200) return;
      work.innerHTML = await answer.text();
      const bar = work.querySelector("progress");
      const share = bar ? bar.position : 0; // none while nobody knows how much there will be
      const tenth = Math.floor(10 * share);
      if (answer.headers.get("X-Running") === "0") {
        clearInterval(timer);
        document.getElementById("work-stop")?.remove();
        news.textContent = work.querySelector(".work-state").textContent;
      } else if (bar && told !== tenth) {
        told = tenth;
        news.textContent = `${tenth * 10}%`;
      }
      document.title = document.title.replace(/^\d+%/, `${Math.floor(100 * share)}%`);
    } catch { /* the line is down; the next look will tell */ }
  };
  const timer = setInterval(look, 1000 * Number(work.dataset.seconds));
})();
