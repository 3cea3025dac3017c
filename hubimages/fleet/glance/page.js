for (const table of document.querySelectorAll("[data-table]")) {
  table.querySelector("[data-clear]").addEventListener("click", () => {
    for (const filter of table.querySelectorAll("[data-filter]")) filter.value = "";
    table.show();
  });
}
