import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * One line of the journal.
 * - `open`: a job begins, with its canonical plan
 * - `start` / `end`: a step, with what it found or did
 * - `commit`: the point of no return; from here on it goes forward only
 * - `back` / `backed`: the way back of a step
 * - `done` / `failed`: the job is over
 */
export interface JournalEntry {
    /** ISO 8601. */
    at: string;
    kind: "open" | "start" | "end" | "commit" | "back" | "backed" | "done" | "failed" | "note";
    /** The job that it belongs to. */
    job: string;
    step?: string;
    data?: unknown;
}

/** Append-only and synced: what it holds is what happened. */
export interface Journal {
    entries(): readonly JournalEntry[];
    /** On disk when it returns. */
    append(entry: Omit<JournalEntry, "at">): void;
}

/** Parses a journal's text. A last line that was cut by a crash never happened; any other damage is an error. */
export function parseJournal(text: string): JournalEntry[] {
    const lines = text.split("\n");
    const torn = lines.pop();
    const entries = lines.map((line, index) => {
        try {
            return JSON.parse(line) as JournalEntry;
        } catch {
            throw new Error(`journal: line ${index + 1} cannot be read`);
        }
    });
    void torn;
    return entries;
}

/** The journal in a file of JSON lines. */
export class FileJournal implements Journal {
    private readonly list: JournalEntry[];
    private readonly file: number;

    constructor(
        path: string,
        private readonly now: () => number,
    ) {
        const before = readIfThere(path);
        this.list = parseJournal(before);
        repairTornLine(path, before);
        this.file = openSync(path, "a");
        syncFolder(dirname(path));
    }

    entries(): readonly JournalEntry[] {
        return this.list;
    }

    append(entry: Omit<JournalEntry, "at">): void {
        const full: JournalEntry = { at: new Date(this.now()).toISOString(), ...entry };
        writeSync(this.file, `${JSON.stringify(full)}\n`);
        fsyncSync(this.file);
        this.list.push(full);
    }

    close(): void {
        closeSync(this.file);
    }
}

function readIfThere(path: string): string {
    try {
        return readFileSync(path, "utf8");
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
        throw error;
    }
}

/** A crash in the middle of an append leaves half a line: it is cut off before anything follows it. */
function repairTornLine(path: string, before: string): void {
    if (before === "" || before.endsWith("\n")) return;
    const whole = before.slice(0, before.lastIndexOf("\n") + 1);
    const temporary = `${path}.repair`;
    const file = openSync(temporary, "w");
    writeSync(file, whole);
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, path);
}

function syncFolder(path: string): void {
    const folder = openSync(path, "r");
    fsyncSync(folder);
    closeSync(folder);
}
