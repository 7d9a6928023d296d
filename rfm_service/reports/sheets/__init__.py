"""The sheets of the workbook, one file each. `write(workbook, tables, language)` returns the totals it wrote."""
