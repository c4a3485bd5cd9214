import { execFileSync } from "node:child_process";

/** How often each is measured; the median counts. */
export const runs = countFrom("BENCH_RUNS", 5);

/** Part of a workload's name, to run that one alone. */
export const only = process.env.BENCH_ONLY ?? "";

/** A count that the environment may set otherwise, for a quick look. */
export function countFrom(name: string, otherwise: number): number {
    const count = Number(process.env[name] ?? otherwise);
    if (!Number.isInteger(count) || count < 1) throw new Error(`${name} is no count`);
    return count;
}

/** What others left to be written is no cost of the next. */
export function settle(folder: string): void {
    execFileSync("sync", ["-f", folder], { stdio: ["ignore", "ignore", "inherit"] });
}

export async function seconds(work: () => unknown): Promise<number> {
    const started = performance.now();
    await work();
    return (performance.now() - started) / 1_000;
}

/** Each begins in turn: whoever comes first finds the page cache colder than the others. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
    const at = by % items.length;
    return [...items.slice(at), ...items.slice(0, at)];
}

export function median(numbers: readonly number[]): number {
    const sorted = [...numbers].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2
        ? (sorted[middle] ?? 0)
        : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
