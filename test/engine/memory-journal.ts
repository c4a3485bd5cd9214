import type { Journal, JournalEntry } from "../../provider/engine/journal.js";

/** A journal without a disk; `dieAt` makes its owner die, as by kill -9, when a line that fits has been written. */
export class MemoryJournal implements Journal {
    dieAt: ((entry: JournalEntry) => boolean) | undefined;

    constructor(private readonly list: JournalEntry[] = []) {}

    entries(): readonly JournalEntry[] {
        return this.list;
    }

    append(entry: Omit<JournalEntry, "at">): void {
        const full = { at: "2026-01-01T00:00:00.000Z", ...entry };
        this.list.push(full);
        if (!this.dieAt?.(full)) return;
        this.dieAt = undefined;
        throw new Died();
    }

    /** Each line as `kind step`. */
    told(): string[] {
        return this.list.map(({ kind, step }) => (step ? `${kind} ${step}` : kind));
    }
}

/** Stands for the end of a process: whoever catches it has to let it through. */
export class Died extends Error {}
