import {
    closeSync,
    fstatSync,
    fsyncSync,
    ftruncateSync,
    openSync,
    readFileSync,
    renameSync,
    writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { CutoverError } from "./errors.js";

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
    // "" when the last line is whole.
    lines.pop();
    return lines.map((line, index) => {
        try {
            return JSON.parse(line) as JournalEntry;
        } catch {
            throw new CutoverError(`the journal is damaged: line ${index + 1} cannot be read`, {
                next: "mend or remove that line in the journal's volume: nothing is done until it can be read",
            });
        }
    });
}

/** The journal in a file of JSON lines. */
export class FileJournal implements Journal {
    private readonly list: JournalEntry[];
    private readonly file: number;

    constructor(
        path: string,
        private readonly now: () => number,
        /** Gives back room that was kept for this: without a line in the journal there is no way back. */
        private readonly makeRoom: () => void = () => {},
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
        const line = Buffer.from(`${JSON.stringify(full)}\n`);
        try {
            this.write(line);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
            this.makeRoom();
            this.write(line);
        }
        this.list.push(full);
    }

    /** Wholly or not at all: half a line with others after it could never be read again. */
    private write(line: Buffer): void {
        const { size } = fstatSync(this.file);
        try {
            for (let done = 0; done < line.length; ) done += writeSync(this.file, line, done);
            fsyncSync(this.file);
        } catch (error) {
            ftruncateSync(this.file, size);
            throw error;
        }
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
