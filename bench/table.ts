import { median } from "./runs.js";

/** Seconds by column, of one run. */
export type Row = Record<string, number>;

/** Medians of all runs, and of the ratios within each: only what ran side by side is compared. */
export function table(name: string, all: readonly Row[], others: readonly string[]): string {
    const columns = ["our copy", "our verify", ...others];
    const both = (row: Row) => (row["our copy"] ?? 0) + (row["our verify"] ?? 0);
    const lines = [
        `| ${name} | seconds | our copy is × of it | our copy + verify is × of it |`,
        "|---|---|---|---|",
        ...columns.map((column) => {
            const ours = column.startsWith("our ");
            const ratio = (of: (row: Row) => number) =>
                ours ? "" : median(all.map((row) => of(row) / (row[column] ?? 1))).toFixed(2);
            const took = median(all.map((row) => row[column] ?? 0)).toFixed(2);
            return `| ${column.replaceAll("|", "\\|")} | ${took} | ${ratio((row) => row["our copy"] ?? 0)} | ${ratio(both)} |`;
        }),
        `| our copy + verify | ${median(all.map(both)).toFixed(2)} | | |`,
    ];
    return lines.join("\n");
}
