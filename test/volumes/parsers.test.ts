import { describe, expect, test } from "vitest";
import { GetfattrParser, unescapeOctal } from "../../provider/volumes/attributes.js";
import { createMatcher } from "../../provider/volumes/matcher.js";
import { RsyncOutput, rsyncMeaning } from "../../provider/volumes/movers/rsync.js";
import { FindParser } from "../../provider/volumes/scan.js";
import { SparseMapParser } from "../../provider/volumes/sparse-map.js";
import { LineCollector } from "../../provider/volumes/tool.js";

/** Small and repeatable. */
function randomNumbers(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state % below;
    };
}

const line = (name: string, rest: Partial<Record<string, string>> = {}) => {
    const field: Partial<Record<string, string>> = {
        kind: "f",
        mode: "644",
        size: "10",
        inode: "12",
        device: "5",
        mtime: "1700000000.1234567890",
        ...rest,
    };
    const { kind, mode, size, inode, device, mtime, target = "" } = field;
    return `${kind} ${mode} 0 0 ${size} 8 1 ${inode} ${device} ${mtime} 1700000001.0000000010 ${name}\0${target}\0`;
};

function parse(text: string, chunk = Number.POSITIVE_INFINITY, matcher = createMatcher()) {
    const parser = new FindParser(matcher);
    const bytes = Buffer.from(text, "latin1");
    for (let at = 0; at < bytes.length; at += chunk) parser.push(bytes.subarray(at, at + chunk));
    return parser.end();
}

describe("find's list", () => {
    const root = line("", { kind: "d", mode: "755" });

    test("keeps every byte of a name and of a link, and every digit of a number, at any cut of chunks", () => {
        const text =
            root +
            line("a\n\xff b", { mode: "7777", size: "9007199254740991" }) +
            line("l", { kind: "l", target: "x\n -> y" });
        for (const chunk of [1, 2, 3, 7, 64, 4096]) {
            const manifest = parse(text, chunk);
            expect(manifest.paths).toEqual(["", "a\n\xff b", "l"]);
            expect(manifest.stat(1)).toMatchObject({
                mode: 0o7777,
                size: 9_007_199_254_740_991,
                mtimeSeconds: 1_700_000_000,
                mtimeNanos: 123_456_789,
                ctimeNanos: 1,
            });
            expect(manifest.targets.get(2)).toBe("x\n -> y");
        }
    });

    test("times before 1970 are themselves", () => {
        const times = ["-1.5000000000", "1.5000000000", "-0.5000000000", "0.5000000000"];
        const manifest = parse(root + times.map((mtime, at) => line(`f${at}`, { mtime })).join(""));
        const seen = new Set(
            [1, 2, 3, 4].map((at) => `${manifest.mtimeSeconds[at]} ${manifest.mtimeNanos[at]}`),
        );
        expect(seen.size).toBe(4);
    });

    test("inodes of 64 bits are told apart", () => {
        const manifest = parse(
            root +
                line("a", { inode: "18446744073709551614" }) +
                line("b", { inode: "18446744073709551615" }),
        );
        expect(manifest.inode(1)).not.toBe(manifest.inode(2));
    });

    test("sockets, other file systems, lost+found and what is excluded are kept apart", () => {
        const text =
            root +
            line("s", { kind: "s" }) +
            line("mounted", { kind: "d", device: "6" }) +
            line("lost+found", { kind: "d" }) +
            line("lost+found/x") +
            line("d", { kind: "d" }) +
            line("d/lost+found") +
            line("out", { kind: "d" }) +
            line("out/in") +
            line("d/x.tmp");
        const manifest = parse(text, 10, createMatcher([], ["/out", "*.tmp"]));
        expect(manifest.paths).toEqual(["", "d", "d/lost+found"]);
        expect(manifest).toMatchObject({
            sockets: ["s"],
            foreign: ["mounted"],
            excluded: ["out", "d/x.tmp"],
        });
    });

    test("include keeps what fits, all below it, and the folders above", () => {
        const text =
            root +
            line("a", { kind: "d" }) +
            line("a/b", { kind: "d" }) +
            line("a/b/keep", { kind: "d" }) +
            line("a/b/keep/x") +
            line("a/b/other") +
            line("c", { kind: "d" }) +
            line("c/y") +
            line("c/keep") +
            line("z");
        const paths = (include: string[], exclude: string[] = []) =>
            parse(text, 99, createMatcher(include, exclude)).paths;
        expect(paths(["keep"])).toEqual(["", "a", "a/b", "a/b/keep", "a/b/keep/x", "c", "c/keep"]);
        expect(paths(["keep/"])).toEqual(["", "a", "a/b", "a/b/keep", "a/b/keep/x"]);
        expect(paths(["keep"], ["/c"])).toEqual(["", "a", "a/b", "a/b/keep", "a/b/keep/x"]);
        expect(paths(["nothing"])).toEqual([""]);
    });

    test("a name that is shown twice counts once, as it was last", () => {
        const manifest = parse(root + line("a", { size: "1" }) + line("a", { size: "2" }));
        expect(manifest.paths).toEqual(["", "a"]);
        expect(manifest.size[1]).toBe(2);
    });

    test("an empty or cut list is refused, never taken for a small one", () => {
        expect(() => parse("")).toThrow("the list of entries is empty: not even the root is in it");
        expect(() => parse(root + line("a").slice(0, -1))).toThrow(
            "the list of entries has a line of another form",
        );
    });

    test("no damage to a list goes by unnoticed as another number", () => {
        const random = randomNumbers(1);
        const good = root + line("name");
        let refused = 0;
        for (let round = 0; round < 5_000; round++) {
            const bytes = Buffer.from(good, "latin1");
            bytes[random(bytes.length)] = random(256);
            try {
                const manifest = parse(bytes.toString("latin1"));
                for (const column of [
                    manifest.size,
                    manifest.mtimeNanos,
                    manifest.mode,
                    manifest.inodeLow,
                ]) {
                    for (let at = 0; at < manifest.count; at++) {
                        expect(Number.isSafeInteger(column[at])).toBe(true);
                        expect(column[at]).toBeGreaterThanOrEqual(0);
                    }
                }
                expect(manifest.mode.every((mode) => mode <= 0o7777)).toBe(true);
            } catch (error) {
                expect(String(error)).toMatch(
                    /the list of entries (has a line of another form|is empty)/,
                );
                refused++;
            }
        }
        expect(refused).toBeGreaterThan(2_000);
    });
});

describe("getfattr's output", () => {
    test("names and attributes come back byte by byte", () => {
        const text = [
            "# file: /source",
            "user.root=0x31",
            "",
            "# file: /source/d/a\\012b\\134c=\xff d",
            "user.x=0x",
            "security.selinux=0x41",
            'user.q"\\075b=0x31',
            "",
            "# file: /source/only selinux",
            "security.selinux=0x41",
            "",
            "",
        ].join("\n");
        for (const chunk of [1, 5, 1_000]) {
            const parser = new GetfattrParser("/source");
            const bytes = Buffer.from(text, "latin1");
            for (let at = 0; at < bytes.length; at += chunk)
                parser.push(bytes.subarray(at, at + chunk));
            expect([...parser.end()]).toEqual([
                ["", "user.root=0x31"],
                ["d/a\nb\\c=\xff d", 'user.q"\\075b=0x31\nuser.x=0x'],
            ]);
        }
    });

    test("a backslash in a name is never taken for an escape twice", () => {
        expect(unescapeOctal("a\\134012")).toBe("a\\012");
        expect(unescapeOctal("plain")).toBe("plain");
    });

    test("an entry outside of the root is refused", () => {
        const parser = new GetfattrParser("/source");
        expect(() => parser.push(Buffer.from("# file: /sourcery\nuser.x=0x\n\n"))).toThrow(
            "outside of the root",
        );
    });
});

describe("rsync's output", () => {
    const end =
        "\nNumber of files: 4\nNumber of regular files transferred: 3\nTotal file size: 900 bytes\nTotal transferred file size: 500 bytes\n";

    test("progress never falls, and the figures at the end are those printed", () => {
        const output = new RsyncOutput(500);
        const seen: number[] = [];
        for (const piece of [
            "    100  20%  1.00MB/s 0:00:00\r",
            "   4",
            "00  80%  2.00MB/s\r",
            "    300  60%\r",
            end,
        ]) {
            output.push(Buffer.from(piece));
            seen.push(output.bytes);
        }
        expect(seen).toEqual([100, 100, 400, 400, 400]);
        expect(output.end()).toEqual({ transferred: 3, bytes: 500 });
    });

    test("impossible numbers are refused", () => {
        const output = new RsyncOutput(500);
        for (const text of [
            "99999999999999999999  10%  x\r",
            "5000  10% x\r",
            "-7  1% x\r",
            "1e9 1% x\r",
            "NaN 1% x\r",
        ]) {
            output.push(Buffer.from(text));
        }
        expect(output.bytes).toBe(0);
        expect(output.end()).toBeUndefined();
    });

    test("random bytes give no number that was not there", () => {
        const random = randomNumbers(3);
        for (let round = 0; round < 2_000; round++) {
            const output = new RsyncOutput(1_000_000);
            const bytes = Buffer.from(
                Array.from(
                    { length: 60 },
                    () => "0123456789 %\r\n.,xMB/s"[random(21)] as string,
                ).join(""),
            );
            output.push(bytes);
            expect(output.bytes).toBeGreaterThanOrEqual(0);
            expect(output.bytes).toBeLessThanOrEqual(2_000_000);
        }
    });

    test("exit codes have the meaning of the manual", () => {
        expect(rsyncMeaning(23)).toBe("partial transfer due to error");
        expect(rsyncMeaning(11)).toBe("error in file I/O");
        expect(rsyncMeaning(99)).toBe("an exit code that rsync(1) does not list");
    });
});

describe("tar's map of a sparse file", () => {
    const header = (kind: string, length: number) => {
        const block = Buffer.alloc(512);
        block.write(`${length.toString(8).padStart(11, "0")} `, 124);
        block.write(kind, 156);
        return block;
    };
    const padded = (text: string) =>
        Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]);
    const archive = (size: number, map: string, major = 1) => {
        const records = `22 GNU.sparse.major=${major}\n22 GNU.sparse.minor=0\n34 GNU.sparse.realsize=${size}\n`;
        return Buffer.concat([
            header("x", records.length),
            padded(records),
            header("0", 99),
            padded(map),
        ]);
    };
    const parseMap = (bytes: Buffer, size: number, chunk: number) => {
        const parser = new SparseMapParser(size);
        for (let at = 0; at < bytes.length; at += chunk)
            if (parser.push(bytes.subarray(at, at + chunk))) break;
        return parser.extents;
    };

    test.each([1, 100, 512, 100_000])("is read at chunks of %i bytes", (chunk) => {
        expect(
            parseMap(archive(1 << 30, "2\n4997120\n4096\n1073741824\n0\n"), 1 << 30, chunk),
        ).toEqual([4_997_120, 4_096]);
    });

    test("nothing but a hole", () => {
        expect(parseMap(archive(4096, "1\n4096\n0\n"), 4096, 512)).toEqual([]);
    });

    test.each([
        ["another size", archive(5000, "1\n0\n10\n")],
        ["another version", archive(4096, "1\n0\n10\n", 2)],
        ["beyond the end", archive(4096, "1\n4000\n200\n")],
        ["out of order", archive(4096, "2\n100\n10\n50\n10\n")],
        ["no number", archive(4096, "x\n0\n10\n")],
        ["no sparse archive", Buffer.concat([header("0", 10), padded("1\n0\n10\n")])],
    ])("with %s it is refused: all is read then", (_, bytes) => {
        expect(parseMap(bytes, 4096, 512)).toBeUndefined();
    });
});

test("complaints are safe for the screen, short, and not endless", () => {
    const lines = new LineCollector(10);
    lines.push(Buffer.from(`cp: \x1b[31m'a\xff'\nlong ${"x".repeat(5_000)} end\n`, "latin1"));
    for (let n = 0; n < 50; n++) lines.push(Buffer.from(`line ${n}\n`));
    const kept = lines.end();
    expect(kept.length).toBeLessThanOrEqual(11);
    expect(kept[0]).toBe("cp: \\x1b[31m'a\\xff'");
    expect(kept[1]).toMatch(/^long x+ \.\.\. x+ end$/);
    expect(kept.at(-1)).toBe("line 49");
});
