import { execFileSync } from "node:child_process";
import { setPriority } from "node:os";

/** How a mover's reading and computing stand behind others'. */
export type Priority = "low" | "normal";

/** The idle class: the disk serves it when nobody else asks, where its scheduler knows classes (BFQ). */
export function ioniceArgv(pid: number): [string, ...string[]] {
    return ["ionice", "-c", "3", "-p", String(pid)];
}

/** The last among all that want the processor. */
const lowest = 19;

/** Of this process, and of all tools and threads that it starts from now on. */
export function lowerPriority(): void {
    setPriority(lowest);
    const [program, ...args] = ioniceArgv(process.pid);
    execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}
