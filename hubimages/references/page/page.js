// A tag of the chart shows its references in the table.
const references = document.querySelector('[data-table="references"]');
let chosen = null;
references.fits = (row) => !chosen || (row.dataset.image === chosen.dataset.find && row.dataset.tag === chosen.dataset.tag);

function choose(button) {
  chosen = chosen === button ? null : button;
  for (const used of document.querySelectorAll(".used")) used.setAttribute("aria-pressed", String(used === chosen));
  references.show();
  if (chosen) {
    document.getElementById("references").scrollIntoView();
    document.getElementById("references").focus({ preventScroll: true });
  }
}
for (const used of document.querySelectorAll(".used")) {
  used.setAttribute("aria-pressed", "false");
  used.addEventListener("click", () => choose(used));
}
references.querySelector("[data-clear]").addEventListener("click", () => choose(null));
