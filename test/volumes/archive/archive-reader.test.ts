import { describe, expect, test } from "vitest";
import { ArchiveReader } from "../../../provider/volumes/archive/archive-reader.js";
import { fileMember, linkMember, paxRecord } from "../../../provider/volumes/archive/tar-blocks.js";

const count = { entries: 1, files: 1, directories: 0, symlinks: 0, specials: 0, sockets: 0 };
const volume = { name: "orders", ...count, bytes: 1, allocated: 4096, empty: false };
const header = (more: object = {}) =>
    fileMember(
        ".pulumi-cutover/header.json",
        Buffer.from(
            JSON.stringify({
                format: "pulumi-cutover archive",
                version: 1,
                createdAt: "2026-01-31T23:59:59.000Z",
                volumes: [volume],
                ...more,
            }),
        ),
    );

/** A member of a type, with a name and a link by extended records. */
function member(type: string, path: string, link = ""): Buffer {
    const bytes = linkMember(path, link);
    const last = Buffer.from(bytes.subarray(bytes.length - 512));
    last.write(type, 156, "latin1");
    last.fill(" ", 148, 156);
    const sum = last.reduce((total, byte) => total + byte, 0);
    last.write(`${sum.toString(8).padStart(6, "0")}\0`, 148, "latin1");
    return Buffer.concat([bytes.subarray(0, bytes.length - 512), last]);
}

const root = member("5", "orders");

function read(...parts: Buffer[]): void {
    const reader = new ArchiveReader();
    for (const part of parts) reader.push(part);
    reader.finish();
}

describe("what no archive of ours holds is refused", () => {
    test.each([
        [
            "a name that leads out",
            '"../etc" is not in a folder of a volume',
            member("0", "orders/../etc"),
        ],
        ["an absolute name", '"/etc/passwd" is in none of its volumes', member("0", "/etc/passwd")],
        ["another folder", '"other/a" is in none of its volumes', member("0", "other/a")],
        [
            "a name beside the folder",
            '"orders-2/a" is in none of its volumes',
            member("0", "orders-2/a"),
        ],
        [
            "a folder that is not there",
            '"d/a" is not in a folder of a volume',
            member("0", "orders/d/a"),
        ],
        [
            "a way through a symbolic link",
            '"l/a" is not in a folder of a volume',
            Buffer.concat([member("2", "orders/l", "/etc"), member("0", "orders/l/a")]),
        ],
        [
            "a name twice",
            '"l" is in it twice',
            Buffer.concat([member("2", "orders/l", "x"), member("0", "orders/l")]),
        ],
        [
            "a link out of the volume",
            '"/etc/passwd" is not in a folder of a volume',
            member("1", "orders/h", "/etc/passwd"),
        ],
        [
            "a link to nothing",
            '"h" is a link to nothing that is in it',
            member("1", "orders/h", "orders/x"),
        ],
        ["a type that is not known", 'it holds a member of type "S"', member("S", "orders/s")],
        [
            "a file of its own that is not known",
            'it holds a file of its own that is not known: ".pulumi-cutover/x"',
            fileMember(".pulumi-cutover/x", Buffer.from("x")),
        ],
    ])("%s", (_name, problem, bytes) => {
        expect(() => read(header(), root, bytes)).toThrow(`the archive is damaged: ${problem}`);
    });

    test("a volume whose root is no folder", () => {
        expect(() => read(header(), member("2", "orders", "/etc"))).toThrow(
            'the archive is damaged: "." is not in a folder of a volume',
        );
    });
});

describe("an archive that is not whole is refused", () => {
    const end = Buffer.alloc(1024);
    test.each([
        ["nothing at all", "the archive is damaged: it ends in the middle", []],
        ["no header", "the file is no archive of pulumi-cutover", [root, end]],
        ["a header alone", "the archive is damaged: it ends in the middle", [header()]],
        ["no end", "the archive is damaged: it ends in the middle", [header(), root, end]],
        [
            "no volume",
            "the archive is damaged: volume orders is missing",
            [header(), fileMember(".pulumi-cutover/end.json", Buffer.from('{"volumes":{}}')), end],
        ],
        [
            "another version",
            "the archive is of format 2, and this version reads 1",
            [header({ version: 2 })],
        ],
        [
            "a header without volumes",
            "the archive is damaged: its header is not whole",
            [header({ volumes: [] })],
        ],
        [
            "a volume with a name that leads out",
            "the archive is damaged: its header is not whole",
            [header({ volumes: [{ ...volume, name: ".." }] })],
        ],
        [
            "a manifest before its volume",
            "the archive is damaged: its manifest is not in order",
            [header(), fileMember(".pulumi-cutover/manifest/orders/1", Buffer.from(""))],
        ],
    ])("%s", (_name, problem, parts) => {
        expect(() => read(...parts)).toThrow(problem);
    });

    test("a bit of a header that is another one", () => {
        const bytes = Buffer.from(root);
        bytes[bytes.length - 512 + 100] = 0x37;
        expect(() => read(header(), bytes)).toThrow(
            "the archive is damaged: a header's sum is wrong",
        );
    });
});

test("a record counts its own digits", () => {
    expect(paxRecord("path", "x".repeat(88)).toString()).toMatch(/^97 path=x+\n$/);
    expect(paxRecord("path", "x".repeat(91)).toString()).toMatch(/^101 path=x+\n$/);
});
