import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileJournal, parseJournal } from "../../provider/engine/journal.js";

const now = () => Date.parse("2026-01-02T03:04:05.678Z");
const line = '{"at":"2026-01-02T03:04:05.678Z","kind":"open","job":"j"}\n';

let folder: string;
let path: string;
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cutover-journal-"));
    path = join(folder, "journal.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a journal in a file", () => {
    it("is a line of JSON for each entry, found again by the next one who opens it", () => {
        const journal = new FileJournal(path, now);
        journal.append({ kind: "open", job: "j" });
        journal.close();
        expect(readFileSync(path, "utf8")).toBe(line);
        const again = new FileJournal(path, now);
        expect(again.entries()).toEqual([
            { at: "2026-01-02T03:04:05.678Z", kind: "open", job: "j" },
        ]);
        again.close();
    });

    it("takes a last line that was cut for one that never was, at whatever byte", () => {
        for (let cut = 1; cut < line.length; cut++) {
            writeFileSync(path, line + line.slice(0, cut));
            const journal = new FileJournal(path, now);
            expect(journal.entries()).toHaveLength(1);
            journal.append({ kind: "open", job: "j" });
            journal.close();
            expect(readFileSync(path, "utf8")).toBe(line + line);
        }
    });

    it("refuses any other damage, by its line", () => {
        expect(() => parseJournal(`${line}{"at":\n${line}`)).toThrow(
            "the journal is damaged: line 2 cannot be read",
        );
    });

    it("goes on after what others appended", () => {
        const journal = new FileJournal(path, now);
        journal.append({ kind: "open", job: "j" });
        appendFileSync(path, line);
        journal.append({ kind: "done", job: "j" });
        journal.close();
        expect(parseJournal(readFileSync(path, "utf8")).map(({ kind }) => kind)).toEqual([
            "open",
            "open",
            "done",
        ]);
    });
});
