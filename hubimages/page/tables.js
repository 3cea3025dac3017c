"use strict";
// Tables that are filtered and sorted: [data-table] around filters and a table. `table.fits` may say which rows fit, too.
for (const table of document.querySelectorAll("[data-table]")) {
  const body = table.querySelector("tbody");
  const rows = [...body.rows];
  const heads = [...table.querySelectorAll("thead th")];
  const output = table.querySelector("output");
  const filters = [...table.querySelectorAll("[data-filter]")];
  const numbers = new Intl.Collator("en", { numeric: true });
  for (const row of rows) {
    row.text = row.textContent.toLowerCase().replace(/\s+/g, " ") + " " + (row.dataset.image || "") + ":" + (row.dataset.tag || "");
  }

  table.show = () => {
    let shown = 0;
    for (const row of rows) {
      const fits = filters.every((filter) => {
        const value = filter.value.trim();
        if (!value) return true;
        const kind = filter.dataset.filter;
        if (kind === "text") return value.toLowerCase().split(/\s+/).every((word) => row.text.includes(word));
        if (kind === "cluster") return row.dataset.cluster.includes(" " + value + " ");
        return row.dataset[kind] === value;
      });
      row.hidden = !fits || (table.fits !== undefined && !table.fits(row));
      shown += !row.hidden;
    }
    output.textContent = shown === rows.length ? rows.length + " shown" : shown + " of " + rows.length + " shown";
  };

  const key = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
  const sort = (column, direction) => {
    const sign = direction === "descending" ? -1 : 1;
    rows.sort((one, other) => sign * numbers.compare(key(one, column), key(other, column)));
    body.append(...rows);
    heads.forEach((head, at) => head.setAttribute("aria-sort", at === column ? direction : "none"));
  };
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      sort(column, head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
    });
  });
  const select = table.querySelector("[data-sort]");
  select.addEventListener("change", () => sort(Number(select.value), "ascending"));
  for (const filter of filters) filter.addEventListener("input", table.show);
  table.querySelector("[data-clear]")?.addEventListener("click", () => {
    for (const filter of filters) filter.value = "";
    table.show();
  });
  table.show();
}
