"""Write the tables of docs/faults.md from the list of tasks and what the last deep run counted."""

from tests.faults.page import FILE, written

if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text()))
